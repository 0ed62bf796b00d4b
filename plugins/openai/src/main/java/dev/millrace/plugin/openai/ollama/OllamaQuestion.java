/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.http.wish.Samplers;
import dev.millrace.plugin.http.wish.Thinking;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.Held;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import dev.millrace.plugin.openai.talk.Turns;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a client of Ollama asks.
 *
 * @param ask for the model
 * @param stream whether the answer is to come in lines
 * @param thinking whether the client wants to see it
 */
record OllamaQuestion(Ask ask, boolean stream, boolean thinking) {

    /** As Ollama documents it. */
    private static final int MOST_ALTERNATIVES = 20;

    static OllamaQuestion chat(Fields fields, OpenModel model) {
        List<Message> messages = new ArrayList<>();
        Deque<String> open = new ArrayDeque<>();
        for (Fields message : fields.objects("messages")) {
            messages.add(message(message, open));
        }
        List<ToolDefinition> tools = new ArrayList<>();
        for (Fields tool : fields.objects("tools")) {
            tool.word("type", "function");
            tools.add(ToolSchemas.read(tool.requiredObject("function"), "parameters"));
        }
        return of(fields, model, messages, ToolSchemas.unique(tools));
    }

    static OllamaQuestion generate(Fields fields, OpenModel model) {
        fields.refuseUnlessNeutral("suffix", "is not supported.");
        fields.refuseUnlessNeutral("images", "is not supported: the models here read text.");
        boolean raw = fields.flag("raw");
        fields.refuseUnlessNeutral("template", "is not supported: the template of the model is used.");
        fields.note("context");
        List<Message> messages = new ArrayList<>();
        fields.text("system").filter(text -> !text.isEmpty()).map(Message::system).ifPresent(messages::add);
        messages.add(Message.user(fields.text("prompt").orElse("")));
        if (raw && messages.size() > 1) {
            throw ApiError.wrong("system", "system has no place in a raw prompt: write it into the prompt.");
        }
        OllamaQuestion question = of(fields, model, messages, List.of());
        return raw ? new OllamaQuestion(question.ask.withoutTemplate(), question.stream, question.thinking) : question;
    }

    private static OllamaQuestion of(Fields fields, OpenModel model, List<Message> messages,
            List<ToolDefinition> tools) {
        fields.harmless("keep_alive");
        boolean told = fields.flag("logprobs");
        OptionalInt alternatives = fields.integer("top_logprobs", 0, MOST_ALTERNATIVES);
        OptionalInt logprobs = told ? OptionalInt.of(alternatives.orElse(0)) : OptionalInt.empty();
        boolean thinking = !fields.find("think").filter(think -> think.isBoolean() && !think.booleanValue())
                .isPresent();
        Fields options = fields.object("options").orElseGet(() -> Fields.of(Json.object()));
        options.note("num_ctx");
        options.harmless("num_keep", "num_thread", "num_gpu", "main_gpu", "num_batch", "use_mmap", "low_vram");
        OptionalInt predict = options.integer("num_predict", -2, Integer.MAX_VALUE);
        Sampling sampling = Samplers.read(options, model.model());
        boolean stream = fields.flag("stream", true);
        return new OllamaQuestion(new Ask(model, Turns.ready(messages, "messages"), tools, sampling,
                predict.orElse(-1) > 0 ? predict : OptionalInt.empty(), options.texts("stop"), false, held(fields))
                .with(reasoning(fields)).with(logprobs, 1), stream, thinking);
    }

    /** True, false, or a word. */
    private static Reasoning reasoning(Fields fields) {
        Optional<JsonNode> think = fields.find("think");
        if (think.isEmpty()) {
            return Reasoning.DEFAULT;
        }
        if (think.get().isTextual()) {
            return Thinking.effort(fields.word("think", "low", "medium", "high", "max").orElseThrow());
        }
        return Reasoning.DEFAULT.withMode(fields.flag("think") ? Reasoning.Mode.ON : Reasoning.Mode.OFF);
    }

    /** The word {@code json}, or a schema. */
    private static Held held(Fields fields) {
        Optional<JsonNode> format = fields.find("format");
        if (format.isEmpty()) {
            return Held.FREE;
        }
        if (format.get().isTextual()) {
            String word = format.get().textValue();
            if (word.isEmpty()) {
                return Held.FREE;
            }
            if (!word.equals("json")) {
                throw ApiError.wrong("format", "format must be json or a JSON schema.");
            }
            return Held.FREE.format(AnswerFormat.json(), "format");
        }
        return Held.FREE.schema(fields, "format");
    }

    /** Calls have no ids here: results belong to the open calls, in their order. */
    private static Message message(Fields fields, Deque<String> open) {
        fields.requiredText("role");
        String role = fields.word("role", "system", "user", "assistant", "tool").orElseThrow();
        String content = fields.text("content").orElse("");
        fields.refuseUnlessNeutral("images", "is not supported: the models here read text.");
        return switch (role) {
            case "system" -> Message.system(content);
            case "user" -> Message.user(content);
            case "tool" -> {
                fields.harmless("tool_name", "name");
                Optional<String> id = fields.text("tool_call_id");
                yield Message.tool(id.orElseGet(() -> open.isEmpty() ? "call_0" : open.remove()), content);
            }
            default -> Message.assistant(content,
                    fields.text("thinking").filter(text -> !text.isEmpty()).orElse(null), calls(fields, open));
        };
    }

    private static List<ToolCall> calls(Fields fields, Deque<String> open) {
        List<ToolCall> calls = new ArrayList<>();
        open.clear();
        for (Fields call : fields.objects("tool_calls")) {
            call.harmless("type");
            Fields function = call.requiredObject("function");
            function.harmless("index");
            String id = call.text("id").orElse("call_" + (calls.size() + 1));
            calls.add(new ToolCall(id, function.requiredText("name"), Json.plain(ToolSchemas.arguments(function))));
            open.add(id);
        }
        return calls;
    }
}
