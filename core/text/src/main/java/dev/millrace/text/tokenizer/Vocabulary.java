/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of every token, in one array, with an index from bytes to id. Ids may have holes; a token may be hidden from the index
 * (an added token is found by matching the text, not by spelling). Immutable.
 */
final class Vocabulary {

    /** The hash of nothing. */
    static final int HASH_START = 0x811C9DC5;

    private final byte[] bytes;
    private final int[] starts;
    private final int[] slots;
    private final int longest;

    /**
     * Indexes tokens; where two are spelled alike, the later one is found.
     *
     * @param tokens bytes by id, null where an id is unused or hidden
     */
    Vocabulary(List<byte @Nullable []> tokens) {
        long total = 0;
        int max = 0;
        for (byte[] token : tokens) {
            if (token != null) {
                total += token.length;
                max = Math.max(max, token.length);
            }
        }
        if (total > Integer.MAX_VALUE - 16) {
            throw new MillraceException("The vocabulary spells " + total + " bytes; more than 2 GiB is not supported.");
        }
        bytes = new byte[(int) total];
        starts = new int[tokens.size() + 1];
        slots = new int[Integer.highestOneBit(Math.max(8, tokens.size())) << 2];
        longest = max;
        int at = 0;
        for (int id = 0; id < tokens.size(); id++) {
            byte[] token = tokens.get(id);
            if (token != null) {
                System.arraycopy(token, 0, bytes, at, token.length);
                at += token.length;
            }
            starts[id + 1] = at;
            if (token != null && token.length > 0) {
                put(id);
            }
        }
    }

    /** Number of ids, holes included. */
    int size() {
        return starts.length - 1;
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    /** The bytes of all tokens; not to be changed. */
    byte[] data() {
        return bytes;
    }

    /** Where the bytes of a token begin. */
    int start(int id) {
        return starts[id];
    }

    /** Behind the last byte of a token. */
    int end(int id) {
        return starts[id + 1];
    }

    /** The token with exactly these bytes, or -1. */
    int find(byte[] text, int from, int to) {
        if (to - from > longest) {
            return -1;
        }
        int hash = HASH_START;
        for (int i = from; i < to; i++) {
            hash = hash(hash, text[i]);
        }
        return find(hash, text, from, to);
    }

    /** The same for bytes whose hash is known. */
    int find(int hash, byte[] text, int from, int to) {
        for (int slot = spread(hash);; slot = (slot + 1) & (slots.length - 1)) {
            int id = slots[slot] - 1;
            if (id < 0 || Arrays.equals(bytes, starts[id], starts[id + 1], text, from, to)) {
                return id;
            }
        }
    }

    int find(byte[] token) {
        return find(token, 0, token.length);
    }

    private void put(int id) {
        int hash = HASH_START;
        for (int i = starts[id]; i < starts[id + 1]; i++) {
            hash = hash(hash, bytes[i]);
        }
        int slot = spread(hash);
        while (slots[slot] != 0) {
            int other = slots[slot] - 1;
            if (Arrays.equals(bytes, starts[other], starts[other + 1], bytes, starts[id], starts[id + 1])) {
                break;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = id + 1;
    }

    /** The hash of a text that goes on by one byte (FNV-1a). */
    static int hash(int hash, byte next) {
        return (hash ^ (next & 0xFF)) * 0x01000193;
    }

    private int spread(int hash) {
        return (hash ^ (hash >>> 15)) & (slots.length - 1);
    }
}
