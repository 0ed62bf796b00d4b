/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.StageContext;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A conversation as a sampler stage sees it, with a small vocabulary: all bytes, some words, of which several make one, and three
 * control tokens at the end, the last of which ends an answer.
 */
final class SmallVocabulary implements Tokenizer, StageContext {

    private static final List<String> WORDS = List.of(" the", " valve", "pass", "word", " pass", "password", "{\"",
            "\":",
            "\"}", "true", "12", " is", "é", "ing", ", ");
    private static final List<String> CONTROLS = List.of("<|im_start|>", "<think>", "<|im_end|>");

    private final List<byte[]> spellings = new ArrayList<>();
    private final AnswerFormat format;
    private final Sampling sampling;

    SmallVocabulary(AnswerFormat format, Sampling sampling) {
        this.format = format;
        this.sampling = sampling;
        for (int b = 0; b < 256; b++) {
            spellings.add(new byte[]{(byte) b});
        }
        WORDS.forEach(word -> spellings.add(word.getBytes(StandardCharsets.UTF_8)));
        CONTROLS.forEach(control -> spellings.add(new byte[0]));
    }

    @Override
    public int size() {
        return spellings.size();
    }

    @Override
    public int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        int count = 0;
        for (int at = 0; at < bytes.length;) {
            int id = longest(bytes, at);
            ids[count++] = id;
            at += spellings.get(id).length;
        }
        return Arrays.copyOf(ids, count);
    }

    private int longest(byte[] bytes, int at) {
        int best = bytes[at] & 0xff;
        for (int id = 256; id < 256 + WORDS.size(); id++) {
            byte[] word = spellings.get(id);
            if (word.length > spellings.get(best).length && at + word.length <= bytes.length
                    && Arrays.equals(word, 0, word.length, bytes, at, at + word.length)) {
                best = id;
            }
        }
        return best;
    }

    @Override
    public int[] encodeWithControl(String text) {
        return encode(text);
    }

    @Override
    public String decode(int... ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(isControl(id)
                    ? CONTROLS.get(id - (size() - CONTROLS.size())).getBytes(StandardCharsets.UTF_8)
                    : spellings.get(id));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public Decoder decoder() {
        return new Decoder() {
            private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

            @Override
            public String next(int id) {
                bytes.writeBytes(spellings.get(id));
                return "";
            }

            @Override
            public String finish() {
                return bytes.toString(StandardCharsets.UTF_8);
            }
        };
    }

    @Override
    public OptionalInt id(String token) {
        int control = CONTROLS.indexOf(token);
        int word = WORDS.indexOf(token);
        if (control >= 0) {
            return OptionalInt.of(size() - CONTROLS.size() + control);
        }
        return word >= 0 ? OptionalInt.of(256 + word) : OptionalInt.empty();
    }

    @Override
    public boolean isControl(int id) {
        return id >= size() - CONTROLS.size();
    }

    @Override
    public Tokenizer tokenizer() {
        return this;
    }

    @Override
    public byte[] bytes(int token) {
        return spellings.get(token);
    }

    @Override
    public Set<Integer> endTokens() {
        return Set.of(size() - 1);
    }

    @Override
    public List<ToolDefinition> tools() {
        return List.of(new ToolDefinition("read", "Reads a sensor.", Map.of("type", "object", "properties",
                Map.of("room", Map.of("type", "string")), "required", List.of("room"))));
    }

    @Override
    public AnswerFormat format() {
        return format;
    }

    @Override
    public Sampling sampling() {
        return sampling;
    }

    /** Whether a stage has changed bytes that are not its own. */
    boolean isUnchanged() {
        SmallVocabulary fresh = new SmallVocabulary(format, sampling);
        for (int id = 0; id < size(); id++) {
            if (!Arrays.equals(spellings.get(id), fresh.spellings.get(id))) {
                return false;
            }
        }
        return true;
    }
}
