/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.completion;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.Sampling;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.wish.Samplers;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.Held;
import dev.millrace.plugin.openai.talk.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a client of completions asks.
 *
 * @param asks one for each prompt
 * @param stream whether the text is to come in pieces
 * @param includeUsage whether the stream ends with a piece that tells the tokens
 * @param echo whether the prompt is to stand before the text
 */
record CompletionQuestion(List<Ask> asks, boolean stream, boolean includeUsage, boolean echo) {

    private static final int MOST_PROMPTS = 64;
    private static final int MOST_ANSWERS = 16;
    /** As OpenAI documents it. */
    private static final int MOST_ALTERNATIVES = 5;
    /** As OpenAI documents it: few clients mean to get no more, but all of them know it. */
    private static final int USUAL_TOKENS = 16;

    static CompletionQuestion read(Fields fields, Models models) {
        OpenModel model = models.get(fields.text("model"));
        List<String> prompts = prompts(fields);
        fields.harmless("user", "cache_prompt", "service_tier");
        fields.refuseUnlessNeutral("suffix", "is not supported: the models here go on at the end only.");
        int answers = fields.integer("n", 1, MOST_ANSWERS).orElse(1);
        if (fields.integer("best_of", 1, Integer.MAX_VALUE).orElse(answers) > answers) {
            throw ApiError.unsupported("best_of", "best_of must not be more than n: all answers come back here.");
        }
        boolean stream = fields.flag("stream");
        boolean includeUsage = fields.object("stream_options").map(options -> {
            options.harmless("include_obfuscation");
            return options.flag("include_usage");
        }).orElse(false);
        OptionalInt logprobs = fields.integer("logprobs", 0, MOST_ALTERNATIVES);
        boolean echo = fields.flag("echo");
        if (echo && logprobs.isPresent()) {
            throw ApiError.unsupported("echo",
                    "echo cannot be used with logprobs: how likely the prompt was is not told.");
        }
        OptionalInt most = fields.has("max_tokens") ? fields.most("max_tokens") : OptionalInt.of(USUAL_TOKENS);
        Sampling sampling = Samplers.read(fields, model.model());
        Held held = fields.object("response_format").map(Held.FREE::read).orElse(Held.FREE).readOthers(fields);
        List<String> stop = fields.texts("stop");
        List<Ask> asks = prompts.stream()
                .map(prompt -> new Ask(model, List.of(Message.user(prompt)), List.of(), sampling, most, stop, false,
                        held).with(logprobs, answers).withoutTemplate())
                .toList();
        return new CompletionQuestion(asks, stream, includeUsage, echo);
    }

    private static List<String> prompts(Fields fields) {
        JsonNode prompt = fields.find("prompt").orElseThrow(() -> new ApiError(400, "prompt is missing.", "prompt",
                "missing_required_parameter"));
        List<String> prompts = new ArrayList<>();
        for (JsonNode one : prompt.isArray() ? prompt : List.of(prompt)) {
            if (!one.isTextual()) {
                throw ApiError.wrong("prompt", "prompt must be a text or a list of texts; token ids are not taken,"
                        + " because each model has ids of its own.");
            }
            if (one.textValue().isEmpty()) {
                throw ApiError.wrong("prompt", "prompt must not be empty: there is nothing to go on with.");
            }
            prompts.add(one.textValue());
        }
        if (prompts.isEmpty() || prompts.size() > MOST_PROMPTS) {
            throw ApiError.wrong("prompt", "prompt must hold 1 to " + MOST_PROMPTS + " texts.");
        }
        return prompts;
    }

    /** A prompt. */
    String prompt(int number) {
        return asks.get(number).messages().getFirst().content();
    }
}
