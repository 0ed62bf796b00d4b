/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.TokenScore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads how likely tokens were. Source: the log probabilities of OpenAI's chat completions. */
final class TokenScores {

    /** Servers of chat completions tell no ids. */
    private static final int NO_ID = -1;

    private TokenScores() {
    }

    /**
     * Reads scores, and passes over what is none.
     *
     * @param tokens a list, or nothing
     */
    static List<TokenScore> read(JsonView tokens) {
        List<TokenScore> scores = new ArrayList<>();
        for (JsonView token : tokens.items()) {
            scored(token)
                    .ifPresent(chosen -> scores.add(new TokenScore(chosen, token.at("top_logprobs").items().stream()
                            .map(TokenScores::scored).flatMap(Optional::stream).toList())));
        }
        return scores;
    }

    private static Optional<TokenScore.Scored> scored(JsonView token) {
        if (token.at("logprob").decimal().isEmpty()) {
            return Optional.empty();
        }
        String text = token.at("token").text().orElse("");
        return Optional.of(new TokenScore.Scored(NO_ID, text, bytes(token.at("bytes"), text),
                token.at("logprob").decimal().getAsDouble()));
    }

    /** What it adds to the text. Some servers do not tell it. */
    private static List<Byte> bytes(JsonView told, String text) {
        List<Byte> bytes = new ArrayList<>();
        if (told.isThere()) {
            told.items().forEach(one -> one.number().ifPresent(value -> bytes.add((byte) value)));
        } else {
            for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
                bytes.add(one);
            }
        }
        return bytes;
    }
}
