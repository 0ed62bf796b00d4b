/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.template.ChatTemplate;
import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a template expects and does, found out by rendering small conversations with it.
 *
 * @param calls what it does with {@code tool_calls} of earlier messages
 * @param shortIds whether it refuses calls whose ids are anything but nine letters and digits
 * @param wrappedTools whether tools come as {@code {"type": "function", "function": {...}}} instead of plain schemas
 * @param needsToolList whether it fails when {@code tools} is none, and wants an empty list
 * @param inParts roles whose text it writes only if it comes as a list of parts, {@code [{"type": "text", "text": ...}]}
 * @param silent roles whose text it writes in no form
 * @param tools where a tool has to be for its name to come out
 * @param afterAnswer what it writes between an earlier answer and the words of the user that follow; empty if that cannot be
 *            told
 * @param thinking how it is told to let the model think
 * @param together what it leaves out where several things come together
 */
record TemplateTraits(Calls calls, boolean shortIds, boolean wrappedTools, boolean needsToolList,
        Set<Message.Role> inParts,
        Set<Message.Role> silent, Tools tools, String afterAnswer, ThinkingSwitch thinking, Together together) {

    /** What a template does with earlier calls. */
    enum Calls {
        /** It writes them and takes arguments as objects. */
        OBJECTS,
        /** It writes them and takes arguments as JSON text. */
        TEXT,
        /** It leaves them out. */
        IGNORED
    }

    /** Where a template looks for tools. */
    enum Tools {
        /** In the variable {@code tools}. */
        VARIABLE,
        /** There too, but only if the conversation begins with a system message. */
        VARIABLE_WITH_SYSTEM,
        /** In the system message, as a text under {@code tools}. */
        SYSTEM_MESSAGE,
        /** Nowhere: it leaves them out. */
        NOWHERE
    }

    private static final String NAME = "millrace_probe";
    /** An argument shows that a call was written; its name alone might stand with the result. */
    private static final String ARGUMENT = "millrace_argument";
    private static final String MARKER = "millrace_text";
    /** Some templates insist on nine letters and digits. */
    private static final String CALL_ID = "probe0000";
    private static final String LONG_ID = "call_1";

    private static final List<Map<String, Object>> ALONE = List.of(user());
    private static final List<Map<String, Object>> WITH_SYSTEM = List.of(message(Message.Role.SYSTEM, MARKER), user());

    static TemplateTraits of(ChatTemplate template, Dialect dialect, Map<String, MarkedText> tokens) {
        Probe probe = new Probe(template, tokens, Set.of());
        boolean needsToolList = probe.render(List.of(user()), null) == null
                && probe.render(List.of(user()), List.of()) != null;
        Map<Message.Role, Writes> texts = texts(probe);
        Set<Message.Role> inParts = roles(texts, Writes.PARTS);
        Set<Message.Role> silent = roles(texts, Writes.NOTHING);
        probe = new Probe(template, tokens, inParts);
        boolean wrapped = wrapsTools(probe, dialect);
        Tools tools = tools(probe);
        return new TemplateTraits(calls(probe), shortIds(probe), wrapped, needsToolList, inParts, silent, tools,
                afterAnswer(probe), thinking(probe, needsToolList),
                together(probe, silent, tools, wrapped, needsToolList));
    }

    /** In which form a template writes the text of a role. */
    private enum Writes {
        /** As a string, or nobody knows: the template refuses the probe. */
        STRING, PARTS, NOTHING
    }

    private static Set<Message.Role> roles(Map<Message.Role, Writes> texts, Writes form) {
        return texts.entrySet().stream().filter(entry -> entry.getValue() == form).map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Map<Message.Role, Writes> texts(Probe probe) {
        Map<Message.Role, Writes> texts = new EnumMap<>(Message.Role.class);
        Writes user = writes(probe, Message.Role.USER, Set.of());
        texts.put(Message.Role.USER, user);
        // a conversation with one role has others, too: those that are known already come as the template wants them
        for (Message.Role role : List.of(Message.Role.SYSTEM, Message.Role.ASSISTANT, Message.Role.TOOL)) {
            texts.put(role, writes(probe, role, roles(texts, Writes.PARTS)));
        }
        return texts;
    }

    /** Whether a text comes out; some templates write everything in capitals. */
    private static boolean shows(String text, String marker) {
        return text.toLowerCase(Locale.ROOT).contains(marker);
    }

    private static Writes writes(Probe probe, Message.Role role, Set<Message.Role> inParts) {
        List<Map<String, Object>> conversation = switch (role) {
            case USER -> List.of(message(role, MARKER));
            case SYSTEM -> List.of(message(role, MARKER), user());
            case ASSISTANT -> List.of(user(), message(role, MARKER), user());
            case TOOL -> List.of(user(), call(Map.of(ARGUMENT, 1L), CALL_ID), result(MARKER, CALL_ID));
        };
        Set<Message.Role> also = new HashSet<>(inParts);
        also.add(role);
        String string = new Probe(probe.template(), probe.tokens(), inParts).render(conversation, null);
        if (string != null && shows(string, MARKER)) {
            return Writes.STRING;
        }
        String parts = new Probe(probe.template(), probe.tokens(), also).render(conversation, null);
        if (parts != null && shows(parts, MARKER)) {
            return Writes.PARTS;
        }
        return string == null ? Writes.STRING : Writes.NOTHING;
    }

    private static Tools tools(Probe probe) {
        Map<String, Object> schema = schema();
        Map<String, Object> wrapped = Map.of("type", "function", "function", schema);
        if (probe.shows(ALONE, schema) || probe.shows(ALONE, wrapped) || probe.render(ALONE, List.of(schema)) == null) {
            return Tools.VARIABLE;
        }
        if (probe.shows(WITH_SYSTEM, schema) || probe.shows(WITH_SYSTEM, wrapped)) {
            return Tools.VARIABLE_WITH_SYSTEM;
        }
        Map<String, Object> system = new HashMap<>(WITH_SYSTEM.getFirst());
        system.put("tools", NAME);
        String text = probe.render(List.of(system, user()), null);
        return text != null && shows(text, NAME) ? Tools.SYSTEM_MESSAGE : Tools.NOWHERE;
    }

    private static ThinkingSwitch thinking(Probe probe, boolean needsToolList) {
        return ThinkingSwitch.of(
                variables -> probe.render(List.of(user()), needsToolList ? List.of() : null, variables));
    }

    private static Together together(Probe probe, Set<Message.Role> silent, Tools tools, boolean wrapped,
            boolean needsToolList) {
        Map<String, Object> schema = schema();
        Map<String, Object> tool = wrapped ? Map.of("type", trusted("function"), "function", schema) : schema;
        return Together.of(
                (messages, offered) -> probe.render(messages,
                        offered == null && needsToolList ? List.of() : offered),
                silent.stream().map(role -> role.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.toUnmodifiableSet()),
                tools == Tools.VARIABLE ? tool : null, NAME);
    }

    private static String afterAnswer(Probe probe) {
        String text = probe.render(List.of(user(), message(Message.Role.ASSISTANT, MARKER),
                message(Message.Role.USER, NAME)), null);
        int answer = text == null ? -1 : text.indexOf(MARKER);
        int next = answer < 0 || text == null ? -1 : text.indexOf(NAME, answer);
        return text == null || next < 0 ? "" : text.substring(answer + MARKER.length(), next);
    }

    /** A template that cannot be rendered with a call at all will say so itself when it comes to that. */
    private static Calls calls(Probe probe) {
        boolean rendered = false;
        boolean printed = false;
        for (Calls form : List.of(Calls.OBJECTS, Calls.TEXT)) {
            Map<String, Object> call = call(arguments(form), CALL_ID);
            Map<String, Object> result = result("ok", CALL_ID);
            for (List<Map<String, Object>> conversation : List.of(List.of(user(), call, result),
                    List.of(user(), call))) {
                String text = probe.render(conversation, List.of());
                if (text != null && shows(text, ARGUMENT)) {
                    // an object that is printed as it is becomes one of Python's; such a template means JSON text
                    if (form == Calls.OBJECTS && shows(text, "{'" + ARGUMENT + "'")) {
                        printed = true;
                        continue;
                    }
                    return !printed || shows(text, "{\"" + ARGUMENT + "\"") ? form : Calls.OBJECTS;
                }
                rendered |= text != null;
            }
        }
        return rendered && !printed ? Calls.IGNORED : Calls.OBJECTS;
    }

    private static Object arguments(Calls form) {
        return form == Calls.OBJECTS ? Map.of(ARGUMENT, 1L) : "{\"" + ARGUMENT + "\": 1}";
    }

    private static boolean shortIds(Probe probe) {
        for (Calls form : List.of(Calls.OBJECTS, Calls.TEXT)) {
            if (probe.render(List.of(user(), call(arguments(form), CALL_ID), result("ok", CALL_ID)),
                    List.of()) != null) {
                return probe.render(List.of(user(), call(arguments(form), LONG_ID), result("ok", LONG_ID)),
                        List.of()) == null;
            }
        }
        return false;
    }

    /**
     * Where a template reads the schema, only one form works. Where it only prints it, both do, and the dialect decides:
     * models that write calls as Python know plain schemas, models that write JSON know those of OpenAI.
     */
    private static boolean wrapsTools(Probe probe, Dialect dialect) {
        Map<String, Object> schema = schema();
        boolean plain = probe.shows(ALONE, schema) || probe.shows(WITH_SYSTEM, schema);
        Map<String, Object> outer = Map.of("type", "function", "function", schema);
        boolean wrapped = probe.shows(ALONE, outer) || probe.shows(WITH_SYSTEM, outer);
        if (plain != wrapped) {
            return wrapped;
        }
        return !dialect.write(List.of(new ToolCall("0", NAME, Map.of("a", 1L)))).contains(NAME + "(");
    }

    private static Map<String, Object> schema() {
        return Map.of("name", NAME, "description", "Probes.", "parameters",
                Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer", "description", "A.")),
                        "required",
                        List.of("a")));
    }

    private static Map<String, Object> user() {
        return message(Message.Role.USER, "Hello");
    }

    private static Map<String, Object> message(Message.Role role, String content) {
        return Map.of("role", trusted(role.name().toLowerCase(Locale.ROOT)), "content", content);
    }

    private static Map<String, Object> call(Object arguments, String id) {
        Map<String, Object> function = Map.of("name", NAME, "arguments", arguments);
        return Map.of("role", trusted("assistant"), "content", "", "tool_calls",
                List.of(Map.of("id", id, "type", trusted("function"), "function", function)));
    }

    private static Map<String, Object> result(String content, String id) {
        return Map.of("role", trusted("tool"), "content", content, "name", NAME, "tool_call_id", id);
    }

    /** A text as the one part of a content in parts. */
    static List<Map<String, Object>> parts(Object text) {
        return List.of(Map.of("type", trusted("text"), "text", text));
    }

    private static MarkedText trusted(String text) {
        return MarkedText.trusted(text);
    }

    /** Renders, and takes every failure for an answer. */
    private record Probe(ChatTemplate template, Map<String, MarkedText> tokens, Set<Message.Role> inParts) {

        @Nullable
        String render(List<Map<String, Object>> messages, @Nullable List<?> tools) {
            return render(messages, tools, Map.of());
        }

        @Nullable
        String render(List<Map<String, Object>> messages, @Nullable List<?> tools, Map<String, ?> extra) {
            Map<String, @Nullable Object> variables = new HashMap<>(tokens);
            variables.put("messages", messages.stream().map(this::formed).toList());
            variables.put("tools", tools);
            variables.put("add_generation_prompt", true);
            variables.putAll(extra);
            try {
                return template.render(variables);
            } catch (TemplateException e) {
                return null;
            }
        }

        private Map<String, Object> formed(Map<String, Object> message) {
            boolean asParts = inParts.stream()
                    .anyMatch(role -> role.name().equalsIgnoreCase(String.valueOf(message.get("role"))));
            if (!asParts) {
                return message;
            }
            Map<String, Object> formed = new HashMap<>(message);
            formed.computeIfPresent("content", (key, text) -> parts(text));
            return formed;
        }

        boolean shows(List<Map<String, Object>> messages, Map<String, Object> tool) {
            String text = render(messages, List.of(tool));
            return text != null && TemplateTraits.shows(text, NAME);
        }
    }
}
