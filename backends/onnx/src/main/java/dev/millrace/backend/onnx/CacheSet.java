/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OnnxTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All caches of some sequences of equal length, a row each. Never changed once filled: a run reads one set and makes the next,
 * so that forks share sets. Freed when the last holder lets go.
 */
final class CacheSet {

    private final List<OnnxTensor> tensors;
    private final @Nullable Arena arena;
    private final int rows;
    private final int tokens;
    private int holders;

    /**
     * Takes over tensors.
     *
     * @param tensors one per cache of {@link GraphPorts}, in order
     * @param arena owner of their memory, or null if ONNX Runtime owns it
     * @param rows sequences
     * @param tokens tokens that each of them has read
     */
    CacheSet(List<OnnxTensor> tensors, @Nullable Arena arena, int rows, int tokens) {
        this.tensors = tensors;
        this.arena = arena;
        this.rows = rows;
        this.tokens = tokens;
    }

    OnnxTensor tensor(int cache) {
        return tensors.get(cache);
    }

    int rows() {
        return rows;
    }

    int tokens() {
        return tokens;
    }

    /** The values of one row of a cache; a copy, as Java gets no view of ONNX Runtime's memory. */
    MemorySegment row(int cache, int row) {
        MemorySegment all = MemorySegment.ofBuffer(tensors.get(cache).getByteBuffer());
        long bytes = all.byteSize() / rows;
        return all.asSlice(row * bytes, bytes);
    }

    CacheSet hold() {
        holders++;
        return this;
    }

    /** Sequences that stand on a row of it. */
    int holders() {
        return holders;
    }

    void release() {
        if (--holders == 0) {
            free();
        }
    }

    /** Frees what nobody holds yet. */
    void free() {
        for (OnnxTensor tensor : tensors) {
            tensor.close();
        }
        if (arena != null) {
            arena.close();
        }
    }
}
