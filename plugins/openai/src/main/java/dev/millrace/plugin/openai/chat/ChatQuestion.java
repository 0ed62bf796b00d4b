/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.openai.http.ApiError;
import dev.millrace.plugin.openai.json.Fields;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.Held;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.OpenModel;
import dev.millrace.plugin.openai.talk.Samplers;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import dev.millrace.plugin.openai.talk.Turns;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a client of chat completions asks.
 *
 * @param ask for the model
 * @param stream whether the answer is to come in pieces
 * @param includeUsage whether the stream ends with a piece that tells the tokens
 * @param reasoningField the name under which thinking is sent
 */
record ChatQuestion(Ask ask, boolean stream, boolean includeUsage, String reasoningField) {

    private static final String FORCED = "is not supported yet: the model cannot be held to it. Leave it out.";

    static ChatQuestion read(Fields fields, Models models) {
        OpenModel model = models.get(fields.text("model"));
        List<Message> messages = Turns.ready(ChatMessages.read(fields), "messages");
        harmless(fields);
        refuse(fields);
        boolean stream = fields.flag("stream");
        boolean includeUsage = fields.object("stream_options").map(options -> {
            options.harmless("include_obfuscation");
            return options.flag("include_usage");
        }).orElse(false);
        OptionalInt newer = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        OptionalInt older = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        String reasoning = fields.word("reasoning_format", "none", "auto", "deepseek", "reasoning")
                .filter("reasoning"::equals).orElse("reasoning_content");
        boolean oneCall = !fields.flag("parallel_tool_calls", true);
        Held held = held(fields);
        List<ToolDefinition> tools = tools(fields);
        Optional<Held> choice = held.readChoice(fields);
        if (choice.isEmpty()) {
            tools = List.of();
        }
        held = choice.orElse(held);
        Ask ask = new Ask(model, messages, tools, Samplers.read(fields, model.model().defaults()),
                newer.isPresent() ? newer : older, fields.texts("stop"), oneCall, held);
        return new ChatQuestion(ask, stream, includeUsage, reasoning);
    }

    private static void harmless(Fields fields) {
        fields.harmless("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier",
                "metadata", "cache_prompt", "prediction", "timings_per_token");
        fields.word("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh", "max");
        // the models here think as they were taught
        fields.note("reasoning_effort");
        if (fields.flag("store")) {
            fields.note("store");
        }
    }

    private static void refuse(Fields fields) {
        OptionalInt n = fields.integer("n", 1, 128);
        if (n.orElse(1) != 1) {
            throw ApiError.unsupported("n", "n is not supported: one answer is given for each request.");
        }
        fields.refuseUnlessNeutral("logprobs", "is not supported yet.");
        fields.refuseUnlessNeutral("top_logprobs", "is not supported yet.");
        fields.refuseUnlessNeutral("functions", "is not supported: use tools.");
        fields.refuse("function_call", "is not supported: use tool_choice.");
        fields.refuse("audio", "is not supported.");
        fields.refuse("web_search_options", "is not supported.");
        for (JsonNode modality : fields.items("modalities")) {
            if (!"text".equals(modality.textValue())) {
                throw ApiError.unsupported("modalities", "modalities must be text: the models here say nothing else.");
            }
        }
        for (String name : new String[]{"thinking_token_budget", "thinking_budget", "reasoning_budget",
                "chat_template_kwargs", "continue_final_message", "return_progress"}) {
            fields.refuseUnlessNeutral(name, FORCED);
        }
    }

    private static Held held(Fields fields) {
        Held held = fields.object("response_format").map(Held.FREE::read).orElse(Held.FREE).readOthers(fields);
        boolean strict = false;
        for (Fields tool : fields.objects("tools")) {
            strict |= tool.object("function").map(ToolSchemas::isStrict).orElse(false);
        }
        return held.strict(strict);
    }

    private static List<ToolDefinition> tools(Fields fields) {
        List<ToolDefinition> tools = new ArrayList<>();
        for (Fields tool : fields.objects("tools")) {
            tool.harmless("cache_control");
            String type = tool.requiredText("type");
            if (!type.equals("function")) {
                throw ApiError.unsupported(tool.path("type"), tool.path("type") + " must be function.");
            }
            tools.add(ToolSchemas.read(tool.requiredObject("function"), "parameters"));
        }
        return ToolSchemas.unique(tools);
    }
}
