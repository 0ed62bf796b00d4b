/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.TokenScore;
import dev.millrace.plugin.http.json.Json;
import java.util.List;

/** Writes how likely tokens were, as OpenAI does. */
public final class Logprobs {

    /** What OpenAI writes for a token that is impossible: JSON has no infinity. */
    private static final double LEAST = -9999;

    private Logprobs() {
    }

    static ObjectNode write(List<TokenScore> tokens) {
        ObjectNode logprobs = Json.object();
        logprobs.set("content", list(tokens));
        logprobs.putNull("refusal");
        return logprobs;
    }

    /** The tokens alone, as other APIs have them. */
    public static ArrayNode list(List<TokenScore> tokens) {
        ArrayNode content = Json.array();
        for (TokenScore token : tokens) {
            ObjectNode one = scored(token.token());
            ArrayNode alternatives = one.putArray("top_logprobs");
            token.alternatives().forEach(other -> alternatives.add(scored(other)));
            content.add(one);
        }
        return content;
    }

    private static ObjectNode scored(TokenScore.Scored token) {
        ObjectNode one = Json.object().put("token", token.text()).put("logprob", Math.max(LEAST, token.logprob()));
        ArrayNode bytes = one.putArray("bytes");
        token.bytes().forEach(value -> bytes.add(value & 0xFF));
        return one;
    }
}
