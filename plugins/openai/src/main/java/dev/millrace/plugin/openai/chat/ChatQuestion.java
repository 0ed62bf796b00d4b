/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
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
 * What a client of chat completions asks.
 *
 * @param ask for the model
 * @param stream whether the answer is to come in pieces
 * @param includeUsage whether the stream ends with a piece that tells the tokens
 * @param reasoningField the name under which thinking is sent
 */
record ChatQuestion(Ask ask, boolean stream, boolean includeUsage, boolean progress, String reasoningField) {

    private static final int MOST_ANSWERS = 16;
    private static final int MOST_ALTERNATIVES = 20;

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
        OptionalInt newer = fields.most("max_completion_tokens");
        OptionalInt older = fields.most("max_tokens");
        String reasoning = fields.word("reasoning_format", "none", "auto", "deepseek", "reasoning")
                .filter("reasoning"::equals).orElse("reasoning_content");
        boolean oneCall = !fields.flag("parallel_tool_calls", true);
        if (fields.flag("continue_final_message") && messages.getLast().role() != Message.Role.ASSISTANT) {
            throw ApiError.wrong("continue_final_message",
                    "continue_final_message needs messages that end with the assistant.");
        }
        Held held = held(fields);
        List<ToolDefinition> tools = ToolSchemas.allowed(tools(fields), fields);
        Optional<Held> choice = held.readChoice(fields);
        if (choice.isEmpty()) {
            tools = List.of();
        }
        held = choice.orElse(held);
        Sampling sampling = Samplers.read(fields, model.model());
        Ask ask = new Ask(model, messages, tools, sampling, newer.isPresent() ? newer : older, fields.texts("stop"),
                oneCall, held).with(Thinking.read(fields)).with(logprobs(fields),
                        fields.integer("n", 1, MOST_ANSWERS).orElse(1));
        boolean progress = fields.flag("return_progress");
        if (progress && !stream) {
            fields.note("return_progress"); // there is nothing to tell it in
        }
        return new ChatQuestion(ask, stream, includeUsage, progress, reasoning);
    }

    /** How many alternatives are told for each token, if any are. */
    private static OptionalInt logprobs(Fields fields) {
        boolean told = fields.flag("logprobs");
        OptionalInt alternatives = fields.integer("top_logprobs", 0, MOST_ALTERNATIVES);
        if (!told && alternatives.orElse(0) > 0) {
            throw ApiError.wrong("top_logprobs", "top_logprobs needs logprobs to be true.");
        }
        return told ? OptionalInt.of(alternatives.orElse(0)) : OptionalInt.empty();
    }

    private static void harmless(Fields fields) {
        fields.harmless("user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier",
                "metadata", "cache_prompt", "prediction", "timings_per_token", "add_generation_prompt");
        if (fields.flag("store")) {
            fields.note("store");
        }
    }

    private static void refuse(Fields fields) {
        fields.refuseUnlessNeutral("functions", "is not supported: use tools.");
        fields.refuse("function_call", "is not supported: use tool_choice.");
        fields.refuse("audio", "is not supported.");
        fields.refuse("web_search_options", "is not supported.");
        for (JsonNode modality : fields.items("modalities")) {
            if (!"text".equals(modality.textValue())) {
                throw ApiError.unsupported("modalities", "modalities must be text: the models here say nothing else.");
            }
        }
    }

    private static Held held(Fields fields) {
        Held held = fields.object("response_format").map(Held.FREE::read).orElse(Held.FREE).readOthers(fields);
        return held.strict(fields.objects("tools").stream().flatMap(tool -> tool.object("function").stream()).toList());
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
