/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Ends the thinking of an answer that is being generated: the model goes on with what it says. Which answer is meant stands in the
 * path, {@code POST /v1/chat/completions/ID/end_thinking} and its like for the other APIs, or in the body, as llama-server has it.
 */
public final class EndThinking implements Endpoint {

    private static final String END = "/end_thinking";
    private static final List<String> ANSWERS = List.of("/v1/chat/completions/", "/v1/responses/", "/v1/messages/",
            "/api/chat/", "/api/generate/");

    private final Talk talk;

    /** Ends the thinking of answers that come through here. */
    public EndThinking(Talk talk) {
        this.talk = talk;
    }

    /** Where answers of an API are found by their ids, if a path asks to end the thinking of one. */
    public static Optional<String> answers(String path) {
        return ANSWERS.stream().filter(where -> path.startsWith(where) && path.endsWith(END)
                && path.length() > where.length() + END.length()).findFirst();
    }

    /** The id stands in the path. */
    @Override
    public void handle(Request request) throws IOException {
        String path = request.exchange().path();
        int begin = answers(path).orElseThrow().length();
        end(request, path.substring(begin, path.length() - END.length()));
    }

    /** {@code POST /v1/chat/completions/control} with {@code id} and {@code "action": "reasoning_end"}. */
    public void control(Request request) throws IOException {
        Fields fields = request.fields();
        String id = fields.requiredText("id");
        fields.requiredText("action");
        fields.word("action", "reasoning_end");
        request.warn(fields);
        end(request, id);
    }

    private void end(Request request, String id) throws IOException {
        if (!talk.endThinking(id)) {
            throw new ApiError(404, "No answer with this id is being generated.", null, "not_found");
        }
        request.answer(Json.object().put("id", id).put("object", "thinking").put("ended", true));
    }
}
