/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.http.wish.Samplers;
import dev.millrace.plugin.http.wish.Thinking;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.AssistantTurn;
import dev.millrace.plugin.openai.talk.Held;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import dev.millrace.plugin.openai.talk.Turns;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a client of Anthropic's messages asks.
 *
 * @param ask for the model
 * @param stream whether the answer is to come in pieces
 * @param thinking whether the client wants to see it
 */
record MessagesQuestion(Ask ask, boolean stream, boolean thinking) {

    /** A block that changes with each request and would keep everything after it from being found in the cache. */
    private static final String BILLING = "x-anthropic-billing-header:";

    static MessagesQuestion read(Fields fields, Models models, boolean needsMaxTokens) {
        OpenModel model = models.get(fields.text("model"));
        fields.harmless("metadata", "service_tier", "context_management", "cache_control", "inference_geo", "speed");
        fields.refuseUnlessNeutral("mcp_servers", "is not supported.");
        fields.refuse("container", "is not supported.");
        List<String> stop = fields.texts("stop_sequences");
        Optional<Fields> config = fields.object("output_config");
        OptionalInt most = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        if (needsMaxTokens && most.isEmpty()) {
            throw new ApiError(400, "max_tokens is missing.", "max_tokens", "missing_required_parameter");
        }
        Reasoning reasoning = config.flatMap(output -> output.word("effort", "low", "medium", "high", "xhigh", "max"))
                .map(Thinking::effort).orElse(Reasoning.DEFAULT);
        boolean thinking = false;
        Optional<Fields> wish = fields.object("thinking");
        if (wish.isPresent()) {
            wish.get().harmless("display");
            String type = wish.get().word("type", "enabled", "disabled", "adaptive").orElse("disabled");
            thinking = !type.equals("disabled");
            OptionalInt budget = wish.get().integer("budget_tokens", 1, Integer.MAX_VALUE);
            reasoning = thinking ? reasoning.withMode(Reasoning.Mode.ON) : Reasoning.off();
            reasoning = budget.isPresent() ? reasoning.withBudget(budget.getAsInt()) : reasoning;
        }
        List<Message> messages = new ArrayList<>();
        system(fields, messages);
        messages(fields, messages);
        List<ToolDefinition> tools = tools(fields);
        boolean oneCall = false;
        Held held = config.flatMap(output -> output.object("format")).or(() -> fields.object("output_format"))
                .map(Held.FREE::read).orElse(Held.FREE).strict(fields.objects("tools"));
        Optional<Fields> choice = fields.object("tool_choice");
        if (choice.isPresent()) {
            choice.get().requiredText("type");
            String type = choice.get().word("type", "auto", "none", "any", "tool").orElseThrow();
            if (type.equals("any") || type.equals("tool")) {
                held = held.choice(type.equals("any")
                        ? ToolChoice.REQUIRED
                        : ToolChoice.named(choice.get().requiredText("name")));
            }
            oneCall = choice.get().flag("disable_parallel_tool_use");
            tools = type.equals("none") ? List.of() : tools;
        }
        boolean stream = fields.flag("stream");
        return new MessagesQuestion(new Ask(model, Turns.ready(messages, "messages"), tools,
                Samplers.read(fields, model.model()), most, stop, oneCall, held)
                .with(reasoning), stream, thinking);
    }

    private static void system(Fields fields, List<Message> messages) {
        Optional<JsonNode> system = fields.find("system");
        if (system.isEmpty()) {
            return;
        }
        if (!system.get().isArray()) {
            fields.text("system").filter(text -> !text.isEmpty()).map(Message::system).ifPresent(messages::add);
            return;
        }
        for (Fields block : fields.objects("system")) {
            block.harmless("cache_control", "citations");
            block.word("type", "text");
            String text = block.requiredText("text");
            if (!text.startsWith(BILLING)) {
                messages.add(Message.system(text));
            }
        }
    }

    private static void messages(Fields fields, List<Message> messages) {
        if (!fields.has("messages")) {
            throw new ApiError(400, "messages is missing.", "messages", "missing_required_parameter");
        }
        if (fields.items("messages").isEmpty()) {
            throw ApiError.wrong("messages", "messages must hold a message of the user.");
        }
        for (Fields message : fields.objects("messages")) {
            message.requiredText("role");
            String role = message.word("role", "user", "assistant", "system").orElseThrow();
            JsonNode content = message.find("content").orElseThrow(() -> new ApiError(400,
                    message.path("content") + " is missing.", message.path("content"), "missing_required_parameter"));
            if (!content.isArray()) {
                String text = message.text("content").orElse("");
                messages.add(switch (role) {
                    case "user" -> Message.user(text);
                    case "system" -> Message.system(text);
                    default -> Message.assistant(text);
                });
            } else if (role.equals("assistant")) {
                assistant(message, messages);
            } else {
                user(message, role, messages);
            }
        }
    }

    private static void assistant(Fields message, List<Message> messages) {
        AssistantTurn turn = new AssistantTurn(messages);
        for (Fields block : message.objects("content")) {
            block.harmless("cache_control", "citations", "signature", "caller");
            String type = block.requiredText("type");
            switch (type) {
                case "text" -> turn.said(block.requiredText("text"));
                case "thinking" -> turn.thought(block.requiredText("thinking"));
                case "redacted_thinking" -> block.harmless("data");
                case "tool_use" -> {
                    Fields input = block.requiredObject("input");
                    input.node().fieldNames().forEachRemaining(input::harmless);
                    turn.called(new ToolCall(block.requiredText("id"), block.requiredText("name"),
                            Json.plain(input.node())));
                }
                default -> throw unreadable(block, "text, thinking or tool_use");
            }
        }
        turn.end();
    }

    /** Results of tools come first, whatever the order of the blocks: they belong to the calls just before. */
    private static void user(Fields message, String role, List<Message> messages) {
        StringBuilder text = new StringBuilder();
        boolean results = false;
        for (Fields block : message.objects("content")) {
            block.harmless("cache_control", "citations");
            String type = block.requiredText("type");
            switch (type) {
                case "text" -> text.append(text.isEmpty() ? "" : "\n").append(block.requiredText("text"));
                case "tool_result" -> {
                    results = true;
                    String said = result(block);
                    messages.add(Message.tool(block.requiredText("tool_use_id"),
                            block.flag("is_error") ? Json.text(Json.object().put("error", said)) : said));
                }
                default -> throw unreadable(block, "text or tool_result");
            }
        }
        if (!text.isEmpty() || !results) {
            messages.add(role.equals("system") ? Message.system(text.toString()) : Message.user(text.toString()));
        }
    }

    private static String result(Fields block) {
        Optional<JsonNode> content = block.find("content");
        if (content.isEmpty() || !content.get().isArray()) {
            return block.text("content").orElse("");
        }
        StringBuilder text = new StringBuilder();
        for (Fields part : block.objects("content")) {
            part.harmless("cache_control", "citations");
            if (!part.requiredText("type").equals("text")) {
                throw unreadable(part, "text");
            }
            text.append(part.requiredText("text"));
        }
        return text.toString();
    }

    private static ApiError unreadable(Fields block, String types) {
        return ApiError.unsupported(block.path("type"), block.path("type") + " must be " + types
                + ": the models here read nothing else.");
    }

    private static List<ToolDefinition> tools(Fields fields) {
        List<ToolDefinition> tools = new ArrayList<>();
        for (Fields tool : fields.objects("tools")) {
            tool.harmless("cache_control", "input_examples", "eager_input_streaming");
            String type = tool.text("type").orElse("custom");
            if (!type.equals("custom")) {
                throw ApiError.unsupported(tool.path("type"),
                        tool.path("type") + " must be custom: there are no tools of the server.");
            }
            tools.add(ToolSchemas.read(tool, "input_schema"));
        }
        return ToolSchemas.unique(tools);
    }
}
