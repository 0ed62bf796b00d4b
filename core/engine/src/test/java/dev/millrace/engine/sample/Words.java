/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.StageContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A vocabulary that grows: pieces of words, single digits, and signs. Token 0 ends an answer. */
final class Words implements StageContext, Tokenizer {

    private static final Pattern PIECE = Pattern.compile(" ?\\p{L}{1,6}|\\d|\\s+|.", Pattern.DOTALL);

    private final Map<String, Integer> ids = new HashMap<>(Map.of("<end>", 0));
    private final List<String> spellings = new ArrayList<>(List.of("<end>"));
    private final Sampling sampling;

    Words() {
        this(Sampling.greedy());
    }

    Words(Sampling sampling) {
        this.sampling = sampling;
    }

    @Override
    public int[] encode(String text) {
        List<Integer> out = new ArrayList<>();
        Matcher piece = PIECE.matcher(text);
        while (piece.find()) {
            out.add(ids.computeIfAbsent(piece.group(), spelling -> {
                spellings.add(spelling);
                return spellings.size() - 1;
            }));
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    int token(String spelling) {
        int[] ids = encode(spelling);
        if (ids.length != 1) {
            throw new IllegalArgumentException(spelling);
        }
        return ids[0];
    }

    @Override
    public int[] encodeWithControl(String text) {
        return encode(text);
    }

    @Override
    public String decode(int... tokens) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(spellings.get(token));
        }
        return text.toString();
    }

    @Override
    public byte[] bytes(int token) {
        return token == 0 || token >= spellings.size()
                ? new byte[0]
                : spellings.get(token).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return spellings.size();
    }

    @Override
    public OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public boolean isControl(int id) {
        return id == 0;
    }

    @Override
    public Decoder decoder() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Tokenizer tokenizer() {
        return this;
    }

    @Override
    public Set<Integer> endTokens() {
        return Set.of(0);
    }

    @Override
    public List<ToolDefinition> tools() {
        return List.of();
    }

    @Override
    public AnswerFormat format() {
        return AnswerFormat.TEXT;
    }

    @Override
    public Sampling sampling() {
        return sampling;
    }

    @Override
    public LoopLimits loops() {
        return LoopLimits.DEFAULT;
    }

    /** Notes what is taken from which token; a ban is infinite. */
    static final class Noted implements LogitChanges {
        final Map<Integer, Float> divisors = new HashMap<>();
        final Map<Integer, Float> offsets = new HashMap<>();

        @Override
        public void divide(int token, float divisor) {
            divisors.merge(token, divisor, (a, b) -> a * b);
        }

        @Override
        public void subtract(int token, float offset) {
            offsets.merge(token, offset, Float::sum);
        }

        @Override
        public void allow(long[] bits) {
            throw new UnsupportedOperationException();
        }
    }
}
