/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Answer;
import dev.millrace.api.Timings;
import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An answer as one JSON object for scripts. */
final class AnswerJson {

    private AnswerJson() {
    }

    /**
     * Writes an answer.
     *
     * @param answer what was said
     * @param load what opening the model took
     * @return one line
     */
    static String write(Answer answer, Duration load) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("thinking", answer.thinking());
        object.put("text", answer.text());
        object.put("toolCalls", answer.toolCalls().stream().map(AnswerJson::call).toList());
        object.put("finishReason", answer.reason().name().toLowerCase(Locale.ROOT));
        Map<String, Object> usage = new LinkedHashMap<>();
        usage.put("promptTokens", answer.usage().promptTokens());
        usage.put("completionTokens", answer.usage().completionTokens());
        object.put("usage", usage);
        object.put("timings", timings(answer.timings(), load));
        return Json.write(object);
    }

    /** A call as name and arguments. */
    static Map<String, Object> call(ToolCall call) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("name", call.name());
        object.put("arguments", call.arguments());
        return object;
    }

    private static Map<String, Object> timings(Timings timings, Duration load) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("loadSeconds", seconds(load));
        object.put("firstTokenSeconds", seconds(timings.firstToken()));
        object.put("prefillSeconds", seconds(timings.prefill()));
        object.put("prefillTokensPerSecond", timings.prefillTokensPerSecond());
        object.put("decodeSeconds", seconds(timings.decode()));
        object.put("decodeTokensPerSecond", timings.decodeTokensPerSecond());
        object.put("toolSeconds", seconds(timings.tools()));
        return object;
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
