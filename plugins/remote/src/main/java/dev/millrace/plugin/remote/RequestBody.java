/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.remote.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a question as servers read it. Source: the chat completions of OpenAI's API; what is named besides is read by vLLM, SGLang,
 * llama-server and Millrace, and is sent only if it was asked for.
 */
final class RequestBody {

    private RequestBody() {
    }

    /** The body of a request for a stream. */
    static String write(Question question, String model) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("model", model);
        body.put("messages", messages(question.messages()));
        body.put("stream", true);
        body.put("stream_options", Map.of("include_usage", true));
        if (question.messages().getLast().role() == Message.Role.ASSISTANT) {
            // the answer goes on where the last message ends
            body.put("add_generation_prompt", false);
            body.put("continue_final_message", true);
        }
        question.maxTokens().ifPresent(most -> body.put("max_tokens", most));
        if (!question.stop().isEmpty()) {
            body.put("stop", question.stop());
        }
        question.sampling().ifPresent(sampling -> sampling(sampling, body));
        question.logprobs().ifPresent(alternatives -> {
            body.put("logprobs", true);
            body.put("top_logprobs", alternatives);
        });
        tools(question, body);
        reasoning(question.reasoning(), body);
        if (question.format() instanceof AnswerFormat.JsonSchema schema) {
            body.put("response_format", Map.of("type", "json_schema", "json_schema",
                    Map.of("name", "answer", "schema", schema.schema(), "strict", true)));
        }
        return Json.write(body);
    }

    private static List<Object> messages(List<Message> messages) {
        int question = messages.size() - 1;
        while (question > 0 && messages.get(question).role() != Message.Role.USER) {
            question--;
        }
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            // templates leave out what was thought before the last question
            list.add(message(messages.get(i), i > question));
        }
        return list;
    }

    private static Map<String, @Nullable Object> message(Message message, boolean withThinking) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        String callId = message.toolCallId();
        switch (message.role()) {
            case SYSTEM -> map.put("role", "system");
            case USER -> map.put("role", "user");
            case ASSISTANT -> {
                map.put("role", "assistant");
                if (withThinking && message.thinking() != null) {
                    map.put("reasoning_content", message.thinking());
                }
            }
            case TOOL -> {
                // what could not be read as a call has no id, and servers want one
                boolean call = callId != null && !callId.isEmpty();
                map.put("role", call ? "tool" : "user");
                if (call) {
                    map.put("tool_call_id", callId);
                }
            }
        }
        map.put("content", message.content());
        if (!message.toolCalls().isEmpty()) {
            map.put("tool_calls", message.toolCalls().stream().map(RequestBody::call).toList());
        }
        return map;
    }

    private static Map<String, Object> call(ToolCall call) {
        return Map.of("id", call.id(), "type", "function", "function",
                Map.of("name", call.name(), "arguments", Json.write(call.arguments())));
    }

    private static void tools(Question question, Map<String, @Nullable Object> body) {
        if (question.tools().isEmpty()) {
            return;
        }
        body.put("tools", question.tools().stream()
                .map(tool -> tool(tool, question.strict().contains(tool.name()))).toList());
        if (!question.choice().name().isEmpty()) {
            body.put("tool_choice",
                    Map.of("type", "function", "function", Map.of("name", question.choice().name())));
        } else if (question.choice().required()) {
            body.put("tool_choice", "required");
        }
    }

    private static Map<String, Object> tool(ToolDefinition tool, boolean strict) {
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", tool.name());
        function.put("description", tool.description());
        function.put("parameters", tool.parameters());
        if (strict) {
            function.put("strict", true);
        }
        return Map.of("type", "function", "function", function);
    }

    private static void sampling(Sampling sampling, Map<String, @Nullable Object> body) {
        body.put("temperature", sampling.temperature());
        put(body, "top_p", sampling.topP(), 1);
        if (sampling.topK() > 0) {
            body.put("top_k", sampling.topK());
        }
        put(body, "min_p", sampling.minP(), 0);
        put(body, "repetition_penalty", sampling.repetitionPenalty(), 1);
        put(body, "presence_penalty", sampling.penalties().presence(), 0);
        put(body, "frequency_penalty", sampling.penalties().frequency(), 0);
        sampling.seed().ifPresent(seed -> body.put("seed", seed));
        if (!sampling.penalties().bias().isEmpty()) {
            Map<String, Object> biases = new LinkedHashMap<>();
            // the end of the scale is a ban
            sampling.penalties().bias()
                    .forEach((id, bias) -> biases.put(id.toString(), Math.clamp(bias, -100.0, 100.0)));
            body.put("logit_bias", biases);
        }
    }

    private static void put(Map<String, @Nullable Object> body, String name, double value, double neutral) {
        if (value != neutral) {
            body.put(name, value);
        }
    }

    private static void reasoning(Reasoning reasoning, Map<String, @Nullable Object> body) {
        if (reasoning.mode() != Reasoning.Mode.MODEL) {
            boolean on = reasoning.mode() == Reasoning.Mode.ON;
            body.put("chat_template_kwargs", Map.of("enable_thinking", on, "thinking", on));
        }
        reasoning.effort().ifPresent(effort -> body.put("reasoning_effort", effort));
        reasoning.budget().ifPresent(budget -> body.put("thinking_token_budget", budget));
    }
}
