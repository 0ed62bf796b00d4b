/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.ToolChoice;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an answer is held to.
 *
 * @param format what the text must look like
 * @param field the field that asks for it, for messages
 * @param choice whether the model has to call tools
 * @param strict of some tools: whether calls of them are held to their schemas; the model's own setting decides about others
 */
public record Held(AnswerFormat format, String field, ToolChoice choice, Map<String, Boolean> strict) {

    /** Nothing is asked for. */
    public static final Held FREE = new Held(AnswerFormat.TEXT, "tools", ToolChoice.AUTO, Map.of());

    /** The same with another format. */
    public Held format(AnswerFormat other, String by) {
        return new Held(other, by, choice, strict);
    }

    /** The same with another choice. */
    public Held choice(ToolChoice other) {
        return new Held(format, field, other, strict);
    }

    /** The same, with calls held as the definitions of tools say in {@code strict}. */
    public Held strict(List<Fields> tools) {
        Map<String, Boolean> held = new HashMap<>();
        for (Fields tool : tools) {
            if (tool.has("strict")) {
                held.put(tool.requiredText("name"), ToolSchemas.isStrict(tool));
            }
        }
        return new Held(format, field, choice, Map.copyOf(held));
    }

    /** Reads OpenAI's format: {@code text}, {@code json_object} or {@code json_schema}, whose schema may lie one level deeper. */
    public Held read(Fields format) {
        format.requiredText("type");
        String type = format.word("type", "text", "json_object", "json_schema").orElseThrow();
        if (type.equals("text")) {
            return this;
        }
        Fields holder = type.equals("json_schema") ? format.object("json_schema").orElse(format) : format;
        holder.harmless("name", "description", "strict");
        Optional<Fields> schema = holder.object("schema");
        if (schema.isEmpty() && type.equals("json_schema")) {
            throw ApiError.wrong(holder.path("schema"), holder.path("schema") + " is missing.");
        }
        return format(schema.<AnswerFormat>map(Held::schema).orElseGet(AnswerFormat::json), format.path());
    }

    /**
     * Reads the fields of vLLM and llama-server: {@code structured_outputs}, {@code guided_json} and their like,
     * {@code json_schema} and {@code grammar}.
     */
    public Held readOthers(Fields fields) {
        Held held = this;
        Optional<Fields> outputs = fields.object("structured_outputs");
        if (outputs.isPresent()) {
            held = held.kinds(outputs.get(), "");
        }
        held = held.kinds(fields, "guided_");
        if (fields.has("json_schema")) {
            held = held.schema(fields, "json_schema");
        }
        Optional<String> grammar = fields.text("grammar").filter(text -> !text.isEmpty());
        return grammar.isPresent() ? held.format(new AnswerFormat.Grammar(grammar.get()), "grammar") : held;
    }

    private Held kinds(Fields fields, String prefix) {
        Held held = this;
        if (fields.has(prefix + "json")) {
            held = held.schema(fields, prefix + "json");
        }
        Optional<String> regex = fields.text(prefix + "regex");
        if (regex.isPresent()) {
            held = held.format(new AnswerFormat.Pattern(regex.get()), fields.path(prefix + "regex"));
        }
        List<String> choices = new ArrayList<>();
        for (JsonNode each : fields.items(prefix + "choice")) {
            choices.add(each.asText());
        }
        if (!choices.isEmpty()) {
            held = held.format(AnswerFormat.choice(choices), fields.path(prefix + "choice"));
        }
        Optional<String> grammar = prefix.isEmpty() ? fields.text("grammar") : fields.text(prefix + "grammar");
        return grammar.isPresent()
                ? held.format(new AnswerFormat.Grammar(grammar.get()), fields.path(prefix + "grammar"))
                : held;
    }

    private static AnswerFormat schema(Fields schema) {
        schema.node().fieldNames().forEachRemaining(schema::harmless);
        return new AnswerFormat.JsonSchema(Json.plain(schema.node()));
    }

    /** The same with the schema in a field. */
    public Held schema(Fields fields, String name) {
        return format(read(fields, name), fields.path(name));
    }

    /** A schema as an object, or as text that holds one. */
    private static AnswerFormat read(Fields fields, String name) {
        JsonNode node = fields.find(name).orElseThrow();
        if (node.isTextual()) {
            return new AnswerFormat.JsonSchema(Json.plain(Json.object(node.textValue(), fields.path(name))));
        }
        if (node instanceof ObjectNode) {
            return schema(fields.requiredObject(name));
        }
        throw ApiError.wrong(fields.path(name), fields.path(name) + " must be an object, a JSON schema.");
    }

    /**
     * Reads OpenAI's tool_choice: a word, or an object that names a function or the functions that are allowed; empty if there shall
     * be no calls. {@code any} is what Mistral calls {@code required}.
     */
    public Optional<Held> readChoice(Fields fields) {
        Optional<JsonNode> given = fields.find("tool_choice");
        if (given.isEmpty()) {
            return Optional.of(this);
        }
        if (!given.get().isObject()) {
            return choice(fields.word("tool_choice", "auto", "none", "required", "any").orElseThrow());
        }
        Optional<Fields> allowed = allowed(fields);
        if (allowed.isPresent()) {
            return choice(allowed.get().word("mode", "auto", "required").orElse("auto"));
        }
        Fields choice = fields.requiredObject("tool_choice");
        String type = choice.requiredText("type");
        if (!type.equals("function")) {
            throw ApiError.unsupported(choice.path("type"),
                    choice.path("type") + " must be function or allowed_tools.");
        }
        Fields function = choice.object("function").orElse(choice);
        return Optional.of(choice(ToolChoice.named(function.requiredText("name"))));
    }

    private Optional<Held> choice(String word) {
        return switch (word) {
            case "none" -> Optional.empty();
            case "required", "any" -> Optional.of(choice(ToolChoice.REQUIRED));
            default -> Optional.of(this);
        };
    }

    /** The object of an {@code allowed_tools} in tool_choice, which chat completions have one level deeper. */
    static Optional<Fields> allowed(Fields fields) {
        return fields.find("tool_choice").filter(JsonNode::isObject).map(given -> fields.requiredObject("tool_choice"))
                .filter(choice -> choice.text("type").filter("allowed_tools"::equals).isPresent())
                .map(choice -> choice.object("allowed_tools").orElse(choice));
    }

    /** Which field is at fault if the conversation cannot be held. */
    String blamed() {
        return format instanceof AnswerFormat.Text ? choice.required() ? "tool_choice" : "tools" : field;
    }
}
