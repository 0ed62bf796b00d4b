/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps texts out of an answer, whatever tokens would spell them: the token is banned that would complete one. How much of a text
 * stands at the end of the answer is known by the automaton of Knuth, Morris and Pratt (1977), over bytes.
 */
final class BannedTexts implements SparseStage {

    private final StageContext context;
    private final List<Text> texts;
    /** For each text: how many of its bytes the answer ends with. */
    private final int[] states;

    BannedTexts(StageContext context, List<String> texts) {
        this(context, texts.stream().map(text -> Text.of(text.getBytes(StandardCharsets.UTF_8), context)).toList(),
                new int[texts.size()]);
    }

    private BannedTexts(StageContext context, List<Text> texts, int[] states) {
        this.context = context;
        this.texts = texts;
        this.states = states;
    }

    /**
     * One text.
     *
     * @param bytes UTF-8
     * @param fallback for so many matched bytes, how many stay matched if the next one is another
     * @param completing for so many matched bytes, the tokens whose own bytes begin with the rest; for none, those that have all in
     *            them
     */
    @SuppressWarnings("ArrayRecordComponent") // not compared
    private record Text(byte[] bytes, int[] fallback, int[][] completing) {

        static Text of(byte[] bytes, StageContext context) {
            List<List<Integer>> completing = new ArrayList<>();
            for (int i = 0; i < bytes.length; i++) {
                completing.add(new ArrayList<>());
            }
            for (int token = 0; token < context.tokenizer().size(); token++) {
                byte[] spelled = context.bytes(token);
                if (Bytes.indexOf(spelled, bytes) >= 0) {
                    completing.getFirst().add(token);
                }
                for (int matched = Math.max(1, bytes.length - spelled.length); matched < bytes.length; matched++) {
                    if (Bytes.startsWith(spelled, 0, bytes, matched)) {
                        completing.get(matched).add(token);
                    }
                }
            }
            return new Text(bytes, fallback(bytes), completing.stream()
                    .map(tokens -> tokens.stream().mapToInt(Integer::intValue).toArray()).toArray(int[][]::new));
        }

        private static int[] fallback(byte[] bytes) {
            int[] fallback = new int[bytes.length + 1];
            for (int i = 1, matched = 0; i < bytes.length; i++) {
                while (matched > 0 && bytes[i] != bytes[matched]) {
                    matched = fallback[matched];
                }
                if (bytes[i] == bytes[matched]) {
                    matched++;
                }
                fallback[i + 1] = matched;
            }
            return fallback;
        }

        int next(int state, byte value) {
            int matched = state == bytes.length ? fallback[state] : state;
            while (matched > 0 && bytes[matched] != value) {
                matched = fallback[matched];
            }
            return bytes[matched] == value ? matched + 1 : matched;
        }

        void ban(int state, LogitChanges changes) {
            int matched = state;
            while (true) {
                if (matched < bytes.length) {
                    for (int token : completing[matched]) {
                        changes.ban(token);
                    }
                }
                if (matched == 0) {
                    return;
                }
                matched = fallback[matched];
            }
        }
    }

    @Override
    public void begin(TokenHistory history, int round) {
        Arrays.fill(states, 0);
    }

    @Override
    public void accept(int token) {
        if (context.tokenizer().isControl(token)) {
            Arrays.fill(states, 0);
            return;
        }
        byte[] bytes = context.bytes(token);
        for (int i = 0; i < states.length; i++) {
            for (byte value : bytes) {
                states[i] = texts.get(i).next(states[i], value);
            }
        }
    }

    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        for (int i = 0; i < states.length; i++) {
            texts.get(i).ban(states[i], changes);
        }
    }

    @Override
    public SparseStage fork() {
        return new BannedTexts(context, texts, states.clone());
    }
}
