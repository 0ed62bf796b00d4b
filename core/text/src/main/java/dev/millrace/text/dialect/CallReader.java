/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Understands the source of one call, in any of the forms that models write:
 *
 * <pre>{@code
 * name(value, *[...], key=value, **{...}, ...)      a Python call
 * {"name": "...", "arguments": {...}}               JSON; also "parameters", and an outer {"function": {...}}
 * name[ARGS]{...}   name[CALL_ID]x[ARGS]{...}       a name and JSON arguments
 * }</pre>
 */
final class CallReader {

    /**
     * What a call says.
     *
     * @param name the tool's name, not empty
     * @param arguments name to value, in order
     * @param source the arguments as they are spelled
     */
    record Call(String name, Map<String, @Nullable Object> arguments, String source) {
    }

    /** What stands before the arguments of a call is no longer than this; else it is not looked at again and again. */
    static final int MAX_HEAD = 256;

    private static final Pattern PYTHON_HEAD = Pattern.compile("([\\p{L}\\p{Nd}_.-]+)");
    private static final Pattern JSON_HEAD = Pattern
            .compile("([\\p{L}\\p{Nd}_.-]+)\\s*(?:\\[CALL_ID\\]\\s*[\\p{L}\\p{Nd}_-]*\\s*)?\\[ARGS\\]");
    private static final Pattern ENVELOPE = Pattern
            .compile("\\{\\s*\"name\"\\s*:\\s*\"([\\p{L}\\p{Nd}_.-]+)\"\\s*,\\s*\"(?:arguments|parameters)\"\\s*:\\s*");

    /** Braces twice, as some templates show them to models by mistake; no object begins so. */
    private static final Pattern DOUBLED = Pattern.compile("\\{\\s*\\{");

    private CallReader() {
    }

    /**
     * Reads a call.
     *
     * @param source the call alone
     * @param signatures name what a Python call does not
     * @return what it says
     * @throws CallSyntaxException if it cannot be understood
     */
    static Call read(String source, Signatures signatures) throws CallSyntaxException {
        String plain = source.strip();
        if (DOUBLED.matcher(plain).lookingAt() && plain.endsWith("}")) {
            return object(plain.substring(1, plain.length() - 1));
        }
        if (plain.startsWith("{")) {
            return object(source);
        }
        LiteralReader reader = new LiteralReader(source, LiteralReader.Escapes.PYTHON);
        String name = reader.name();
        if (reader.peek() == '(') {
            return python(name, reader, source, signatures);
        }
        int brace = source.indexOf('{', reader.position());
        if (brace < 0 || name(source.substring(0, brace).strip(), '{') == null) {
            throw reader.wrong("expected '(' after the name of the tool");
        }
        return named(name, source.substring(brace));
    }

    /**
     * Which tool is named before the arguments of a call.
     *
     * @param head what stands before them, without white space around it
     * @param open the bracket that opens them
     * @return its name, or null if this is not the beginning of a call
     */
    static @Nullable String name(String head, char open) {
        if (head.length() > MAX_HEAD) {
            return null;
        }
        Matcher matcher = (open == '(' ? PYTHON_HEAD : JSON_HEAD).matcher(head);
        return matcher.matches() ? matcher.group(1) : null;
    }

    /**
     * Which tool is named in the beginning of a JSON call.
     *
     * @param head all that stands before the object of its arguments
     * @return its name, or null if it is not spelled out by now
     */
    static @Nullable String name(CharSequence head) {
        if (head.length() > MAX_HEAD) {
            return null;
        }
        Matcher matcher = ENVELOPE.matcher(head);
        return matcher.matches() ? matcher.group(1) : null;
    }

    /**
     * Reads the arguments of a call whose name is known.
     *
     * @param name the tool's name
     * @param source an object, JSON or a dict of Python
     * @return the call
     * @throws CallSyntaxException if it cannot be understood
     */
    static Call named(String name, String source) throws CallSyntaxException {
        LiteralReader reader = new LiteralReader(source, LiteralReader.Escapes.JSON);
        Object value = reader.value(0);
        reader.end();
        return new Call(name, arguments(value), source);
    }

    private static Call python(String name, LiteralReader reader, String source, Signatures signatures)
            throws CallSyntaxException {
        reader.expect('(');
        int start = reader.position();
        List<@Nullable Object> values = new ArrayList<>();
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        boolean more = true;
        while (!reader.skip(')')) {
            if (!more) {
                throw reader.wrong("expected ',' or ')'");
            }
            argument(reader, values, named);
            more = reader.skip(',');
        }
        int end = reader.position() - 1;
        reader.end();
        Map<String, @Nullable Object> arguments = values.isEmpty() ? named : signatures.named(name, values);
        if (!values.isEmpty()) {
            for (Map.Entry<String, @Nullable Object> each : named.entrySet()) {
                reader.put(arguments, each.getKey(), each.getValue());
            }
        }
        return new Call(name, arguments, source.substring(start, end));
    }

    /** As in Python, a value without a name may not follow a named one; a spread list may. */
    private static void argument(LiteralReader reader, List<@Nullable Object> values,
            Map<String, @Nullable Object> named) throws CallSyntaxException {
        if (reader.skip('*')) {
            if (reader.skip('*')) {
                for (Map.Entry<String, @Nullable Object> each : LiteralReader.mapping(reader.value(0)).entrySet()) {
                    reader.put(named, each.getKey(), each.getValue());
                }
            } else {
                values.addAll(LiteralReader.iterable(reader.value(0)));
            }
            return;
        }
        int start = reader.position();
        String key = reader.name();
        if (!key.isEmpty() && reader.skip('=')) {
            reader.put(named, key, reader.value(0));
            return;
        }
        reader.back(start);
        values.add(reader.value(0));
        if (!named.isEmpty()) {
            throw new CallSyntaxException("an argument without a name follows a named one");
        }
    }

    private static Call object(String source) throws CallSyntaxException {
        LiteralReader reader = new LiteralReader(source, LiteralReader.Escapes.JSON);
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        String spelled = "";
        reader.expect('{');
        boolean more = true;
        while (!reader.skip('}')) {
            if (!more || (reader.peek() != '"' && reader.peek() != '\'')) {
                throw reader.wrong("expected " + (more ? "a name in quotes" : "',' or '}'"));
            }
            String key = String.valueOf(reader.value(0));
            reader.expect(':');
            reader.peek();
            int start = reader.position();
            reader.put(members, key, reader.value(0));
            if (isArguments(key)) {
                spelled = source.substring(start, reader.position());
            }
            more = reader.skip(',');
        }
        reader.end();
        if (members.get("function") instanceof Map<?, ?> function && !members.containsKey("name")) {
            Call call = call(copy(function), "{}");
            return new Call(call.name(), call.arguments(), Json.write(call.arguments()));
        }
        return call(members, spelled);
    }

    private static Call call(Map<String, @Nullable Object> members, String source) throws CallSyntaxException {
        Object name = members.containsKey("name") ? members.get("name") : members.get("function");
        if (!(name instanceof String string) || string.isBlank()) {
            throw new CallSyntaxException("a call needs a \"name\", the tool's, as a string");
        }
        if (members.containsKey("arguments") && members.containsKey("parameters")) {
            throw new CallSyntaxException("a call has either \"arguments\" or \"parameters\", not both");
        }
        if (source.isEmpty() && !Set.of("name", "function", "type", "id").containsAll(members.keySet())) {
            throw new CallSyntaxException("a call needs \"arguments\", an object");
        }
        Object arguments = members.containsKey("arguments") ? members.get("arguments") : members.get("parameters");
        return new Call(string, arguments == null ? Map.of() : arguments(arguments), source);
    }

    private static boolean isArguments(String key) {
        return key.equals("arguments") || key.equals("parameters");
    }

    /** Arguments are an object, or an object spelled once more as a string; nothing spelled is no arguments. */
    private static Map<String, @Nullable Object> arguments(@Nullable Object value) throws CallSyntaxException {
        Object object = value;
        if (value instanceof String blank && blank.isBlank()) {
            return Map.of();
        }
        if (value instanceof String string) {
            LiteralReader reader = new LiteralReader(string, LiteralReader.Escapes.JSON);
            object = reader.value(0);
            reader.end();
        }
        if (object instanceof Map<?, ?> map) {
            return copy(map);
        }
        throw new CallSyntaxException("arguments must be an object: {\"name\": value, ...}");
    }

    private static Map<String, @Nullable Object> copy(Map<?, ?> map) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(String.valueOf(key), value));
        return copy;
    }
}
