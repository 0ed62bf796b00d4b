/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Ending;
import java.util.List;

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

    /** The prompt is counted once, as it is read once. */
    static ObjectNode usage(List<Ending> ends) {
        Ending end = ends.getFirst();
        int prompt = end.usage().promptTokens();
        int completion = ends.stream().mapToInt(one -> one.usage().completionTokens()).sum();
        ObjectNode usage = Json.object().put("prompt_tokens", prompt).put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        usage.putObject("prompt_tokens_details").put("cached_tokens", end.cachedTokens());
        usage.putObject("completion_tokens_details").put("reasoning_tokens",
                ends.stream().mapToInt(Ending::reasoningTokens).sum());
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
