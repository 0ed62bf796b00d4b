/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the merges of a byte-level vocabulary. A merge may make a symbol that the vocabulary lacks; such a symbol is written as
 * its bytes in the end. A byte that has no token is left out, as the reference implementations do. For one thread.
 */
final class ByteLevelBuilder {

    private final Vocabulary vocabulary;
    private final int[] byteSymbols = new int[256];
    private final Map<String, Integer> strangers = new HashMap<>();
    private final List<int[]> substitutes = new ArrayList<>();

    ByteLevelBuilder(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        for (int b = 0; b < 256; b++) {
            int id = vocabulary.find(new byte[]{(byte) b});
            byteSymbols[b] = id >= 0 ? id : stranger(String.valueOf(ByteAlphabet.charOf(b)), new int[0]);
        }
    }

    /** The symbol of a spelling: an id, or a number behind the ids; -1 if no bytes are spelled so. */
    int symbol(String spelling) {
        byte @Nullable [] bytes = ByteAlphabet.bytesOf(spelling);
        if (bytes == null || bytes.length == 0) {
            return -1;
        }
        int id = bytes.length == 1 ? byteSymbols[bytes[0] & 0xFF] : vocabulary.find(bytes);
        if (id >= 0) {
            return id;
        }
        Integer known = strangers.get(spelling);
        if (known != null) {
            return known;
        }
        IntList ids = new IntList(bytes.length);
        for (byte b : bytes) {
            int symbol = byteSymbols[b & 0xFF];
            if (symbol < vocabulary.size()) {
                ids.add(symbol);
            }
        }
        return stranger(spelling, ids.toArray());
    }

    ByteLevelModel build(MergeTable merges, boolean wholeFirst) {
        return new ByteLevelModel(vocabulary, merges, Arrays.copyOf(byteSymbols, 256),
                substitutes.toArray(int[][]::new), wholeFirst);
    }

    private int stranger(String spelling, int[] ids) {
        int symbol = vocabulary.size() + substitutes.size();
        substitutes.add(ids);
        strangers.put(spelling, symbol);
        return symbol;
    }
}
