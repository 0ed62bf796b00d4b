/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.api.Reasoning;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.http.wish.Samplers;
import dev.millrace.plugin.http.wish.Thinking;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.Held;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import dev.millrace.plugin.openai.talk.Turns;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a client of responses asks.
 *
 * @param ask for the model
 * @param stream whether the answer is to come in pieces
 * @param echo what the response repeats of the request
 */
record ResponseQuestion(Ask ask, boolean stream, ObjectNode echo) {

    /** As OpenAI documents it. */
    private static final int MOST_ALTERNATIVES = 20;
    /** A tool that a server would run by itself, whatever version and words follow. */
    private static final String WEB_SEARCH = "web_search";

    static ResponseQuestion read(Fields fields, Models models) {
        OpenModel model = models.get(fields.text("model"));
        refuse(fields);
        fields.harmless("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier",
                "metadata", "include", "client_metadata");
        fields.object("stream_options").ifPresent(options -> options.harmless("include_obfuscation"));
        // true is the default elsewhere; nothing is ever stored here, and the response says so
        fields.flag("store");
        Optional<String> effort = fields.object("reasoning").flatMap(reasoning -> {
            reasoning.harmless("summary", "generate_summary", "context");
            return reasoning.word("effort", "none", "minimal", "low", "medium", "high", "xhigh", "max");
        });
        Reasoning thinking = effort.map(Thinking::effort).orElse(Reasoning.DEFAULT);
        List<ToolDefinition> tools = new ArrayList<>();
        ArrayNode told = Json.array();
        for (Fields tool : fields.objects("tools")) {
            String type = tool.requiredText("type");
            if (type.startsWith(WEB_SEARCH)) {
                // agents offer it by default; the model is not told of it, and the client is told so
                tool.node().fieldNames().forEachRemaining(tool::note);
                continue;
            }
            if (!type.equals("function")) {
                throw ApiError.unsupported(tool.path("type"), tool.path("type") + " must be function.");
            }
            ToolDefinition definition = ToolSchemas.read(tool, "parameters");
            tools.add(definition);
            ObjectNode one = Json.object().put("type", "function").put("name", definition.name()).put("description",
                    definition.description());
            one.set("parameters", Json.tree(definition.parameters()));
            told.add(one.put("strict", ToolSchemas.isStrict(tool)));
        }
        boolean parallel = fields.flag("parallel_tool_calls", true);
        Held held = held(fields);
        Optional<Held> choice = held.readChoice(fields);
        OptionalInt most = fields.most("max_output_tokens");
        boolean stream = fields.flag("stream");
        OptionalInt alternatives = fields.integer("top_logprobs", 0, MOST_ALTERNATIVES);
        boolean scored = alternatives.orElse(0) > 0 || fields.items("include").stream()
                .anyMatch(wanted -> "message.output_text.logprobs".equals(wanted.textValue()));
        OptionalInt logprobs = scored ? OptionalInt.of(alternatives.orElse(0)) : OptionalInt.empty();
        Ask ask = new Ask(model, Turns.ready(ResponseInput.read(fields), "input"),
                choice.isEmpty() ? List.of() : ToolSchemas.allowed(ToolSchemas.unique(tools), fields),
                Samplers.read(fields, model.model()), most, List.of(), !parallel,
                choice.orElse(held)).with(thinking).with(logprobs, 1);
        ObjectNode echo = Json.object();
        echo.put("instructions", fields.text("instructions").orElse(null));
        echo.put("max_output_tokens", most.isPresent() ? (Integer) most.getAsInt() : null);
        echo.put("parallel_tool_calls", parallel);
        echo.set("tool_choice", fields.find("tool_choice").orElseGet(() -> TextNode.valueOf("auto")));
        echo.set("tools", told);
        fields.object("text").filter(text -> text.has("format")).ifPresent(text -> echo.set("text", text.node()));
        echo.put("top_logprobs", alternatives.orElse(0));
        echo.putObject("reasoning").put("effort", effort.orElse(null)).putNull("summary");
        echo.put("temperature", ask.sampling().temperature());
        echo.put("top_p", ask.sampling().topP());
        echo.set("metadata", fields.object("metadata").map(metadata -> {
            metadata.node().fieldNames().forEachRemaining(metadata::harmless);
            return metadata.node();
        }).orElseGet(Json::object));
        return new ResponseQuestion(ask, stream, echo);
    }

    private static void refuse(Fields fields) {
        fields.refuse("previous_response_id",
                "is not supported: nothing is stored here, so send the whole conversation as input.");
        fields.refuse("conversation", "is not supported: nothing is stored here, so send the whole conversation.");
        fields.refuse("prompt", "is not supported: nothing is stored here, so send the whole input.");
        fields.refuseUnlessNeutral("background", "is not supported: wait for the answer, or stream it.");
        fields.refuse("max_tool_calls", "is not supported: there are no tools of the server.");
        if (fields.word("truncation", "auto", "disabled").filter("auto"::equals).isPresent()) {
            throw ApiError.unsupported("truncation", "truncation auto is not supported: prompts are never cut.");
        }
        fields.object("text").ifPresent(text -> {
            text.harmless("verbosity");
            text.object("format").ifPresent(format -> format.node().fieldNames().forEachRemaining(format::harmless));
        });
    }

    private static Held held(Fields fields) {
        Held held = fields.object("text").flatMap(text -> text.object("format")).map(Held.FREE::read).orElse(Held.FREE);
        return held.strict(fields.objects("tools"));
    }
}
