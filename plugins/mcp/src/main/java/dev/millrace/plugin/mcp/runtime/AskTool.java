/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.server.CallContext;
import dev.millrace.plugin.mcp.server.OfferedTool;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Asks a model of the runtime, which may use the tools that it was made for. */
final class AskTool {

    static final String NAME = "ask";

    private static final int MOST_TOKENS = 1 << 20;
    /** Pieces of an answer between two words about its progress. */
    private static final int PIECES = 8;

    private final Host host;

    AskTool(Host host) {
        this.host = host;
    }

    OfferedTool offered() {
        return new OfferedTool(definition(), this::call);
    }

    private ObjectNode definition() {
        ObjectNode definition = Json.object().put("name", NAME).put("title", "Ask the local model").put("description",
                "Ask the language model that runs on this machine, offline. It answers in words and may use the tools"
                        + " of this machine itself. Not for reading a value that another tool gives directly.");
        ObjectNode input = definition.putObject("inputSchema").put("type", "object");
        ObjectNode properties = input.putObject("properties");
        properties.putObject("prompt").put("type", "string").put("description", "What to say to the model.");
        properties.putObject("system").put("type", "string").put("description", "A system message.");
        List<String> models = host.models();
        if (models.size() > 1) {
            ObjectNode model = properties.putObject("model").put("type", "string").put("description",
                    "Which model; the first if none is named.");
            models.forEach(model.putArray("enum")::add);
        }
        properties.putObject("maxTokens").put("type", "integer").put("minimum", 1).put("maximum", MOST_TOKENS)
                .put("description", "The most tokens that the answer may have.");
        properties.putObject("tools").put("type", "boolean").put("description",
                "Whether the model may use tools; true if not given.");
        input.putArray("required").add("prompt");
        ObjectNode output = definition.putObject("outputSchema").put("type", "object");
        ObjectNode fields = output.putObject("properties");
        for (String field : List.of("text", "model", "finishReason")) {
            fields.putObject(field).put("type", "string");
        }
        for (String field : List.of("promptTokens", "completionTokens")) {
            fields.putObject(field).put("type", "integer");
        }
        List.of("text", "model", "finishReason", "promptTokens", "completionTokens")
                .forEach(output.putArray("required")::add);
        definition.putObject("annotations").put("title", "Ask the local model").put("openWorldHint", false);
        return definition;
    }

    private ObjectNode call(ObjectNode arguments, CallContext context) throws InterruptedException {
        Optional<String> wrong = Arguments.problem(Json.object(definition(), "inputSchema"), arguments);
        if (wrong.isPresent()) {
            return Results.error(wrong.get());
        }
        JsonNode tokens = arguments.path("maxTokens");
        if (tokens.isNumber() && (tokens.asLong() < 1 || tokens.asLong() > MOST_TOKENS)) {
            return Results.error("maxTokens must be between 1 and " + MOST_TOKENS + ".");
        }
        Optional<String> name = Json.text(arguments, "model").filter(text -> !text.isEmpty());
        Host.Turn turn = host.turn(context.caller());
        try {
            return answer(arguments, name, context);
        } catch (MillraceException | IllegalArgumentException e) {
            return Results.error(String.valueOf(e.getMessage()));
        } finally {
            turn.close();
        }
    }

    private ObjectNode answer(ObjectNode arguments, Optional<String> name, CallContext context)
            throws InterruptedException {
        Model model = host.model(name);
        Conversation.Builder builder = model.conversation();
        Json.text(arguments, "system").filter(text -> !text.isEmpty()).ifPresent(builder::system);
        if (arguments.path("maxTokens").isNumber()) {
            builder.maxTokens(arguments.path("maxTokens").intValue());
        }
        if (arguments.path("tools").asBoolean(true)) {
            builder.suggestedTools();
        }
        try (Conversation conversation = builder.start();
                Generation generation = conversation.send(arguments.path("prompt").asText())) {
            int pieces = 0;
            for (Event event : generation) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (++pieces % PIECES == 0 && !(event instanceof Event.Finished)) {
                    context.progress(pieces, 0, event instanceof Event.Thinking ? "thinking" : "answering");
                }
            }
            Answer answer = generation.answer();
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            ObjectNode structured = Json.object().put("text", answer.text())
                    .put("model", name.orElseGet(() -> host.models().getFirst()))
                    .put("finishReason", answer.reason().name().toLowerCase(Locale.ROOT))
                    .put("promptTokens", answer.usage().promptTokens())
                    .put("completionTokens", answer.usage().completionTokens());
            ObjectNode result = Results.text(answer.text());
            result.set("structuredContent", structured);
            return result;
        }
    }
}
