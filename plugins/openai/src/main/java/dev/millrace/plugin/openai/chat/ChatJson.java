/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.openai.http.ApiError;
import dev.millrace.plugin.openai.json.Json;
import dev.millrace.plugin.openai.talk.Ending;

/** What whole answers and streams of chat completions share. */
public final class ChatJson {

    private ChatJson() {
    }

    /** The reason in OpenAI's words. An answer that was cut says so even if it has calls: the last may be missing. */
    static String finishReason(Ending end) {
        return switch (end.reason()) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case CALLS -> "tool_calls";
        };
    }

    static ObjectNode usage(Ending end) {
        int prompt = end.usage().promptTokens();
        int completion = end.usage().completionTokens();
        ObjectNode usage = Json.object().put("prompt_tokens", prompt).put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        usage.putObject("prompt_tokens_details").put("cached_tokens", end.usage().cachedTokens());
        usage.putObject("completion_tokens_details").put("reasoning_tokens", end.reasoningTokens());
        return usage;
    }

    /** An error as OpenAI writes it. */
    public static ObjectNode error(ApiError problem) {
        String type = switch (problem.status()) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> problem.status() < 500 ? "invalid_request_error" : "server_error";
        };
        ObjectNode error = Json.object().put("message", problem.getMessage()).put("type", type)
                .put("param", problem.param()).put("code", problem.code());
        return Json.object().set("error", error);
    }
}
