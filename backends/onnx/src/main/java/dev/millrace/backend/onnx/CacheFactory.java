/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Makes cache sets: empty ones, from states, and from rows of others; and states from cache sets. */
final class CacheFactory {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final OrtEnvironment environment;
    private final List<GraphPorts.Cache> caches;

    CacheFactory(OrtEnvironment environment, List<GraphPorts.Cache> caches) {
        this.environment = environment;
        this.caches = caches;
    }

    /**
     * Where to find what a sequence has read: a row of a set, or the beginning of one.
     *
     * @param tokens that count
     * @param columns for each cache what it holds of convolutions, if the row has more tokens
     */
    record Source(CacheSet from, int row, int tokens, List<byte[]> columns) {

        private boolean isWhole() {
            return tokens == from.tokens();
        }
    }

    @FunctionalInterface
    private interface Content {
        void fill(int cache, MemorySegment memory) throws OrtException;
    }

    /** What a sequence keeps that has read nothing: no keys, no values, columns of zeros. */
    CacheSet empty() throws OrtException {
        return make(1, 0, (cache, memory) -> {
        });
    }

    /** One set of rows of others that have read equally many tokens. */
    CacheSet gathered(List<Source> sources) throws OrtException {
        return make(sources.size(), sources.getFirst().tokens(), (cache, memory) -> {
            long bytes = memory.byteSize() / sources.size();
            for (int r = 0; r < sources.size(); r++) {
                copy(sources.get(r), cache, memory.asSlice(r * bytes, bytes));
            }
        });
    }

    private void copy(Source source, int cache, MemorySegment to) {
        GraphPorts.Cache port = caches.get(cache);
        if (!source.isWhole() && port.part() == GraphPorts.Part.COLUMNS) {
            to.copyFrom(MemorySegment.ofArray(source.columns().get(cache)));
            return;
        }
        MemorySegment all = source.from().row(cache, source.row());
        if (source.isWhole()) {
            to.copyFrom(all);
            return;
        }
        // each head has its tokens in a row
        long each = to.byteSize() / port.rows();
        long apart = all.byteSize() / port.rows();
        for (int head = 0; head < port.rows(); head++) {
            MemorySegment.copy(all, head * apart, to, head * each, each);
        }
    }

    /** What a row holds of convolutions: for each cache its values, or nothing. */
    List<byte[]> columns(CacheSet set, int row) {
        List<byte[]> columns = new ArrayList<>(caches.size());
        for (int cache = 0; cache < caches.size(); cache++) {
            columns.add(caches.get(cache).part() == GraphPorts.Part.COLUMNS
                    ? set.row(cache, row).toArray(ValueLayout.JAVA_BYTE)
                    : new byte[0]);
        }
        return columns;
    }

    /** What a state holds, in the graph's types. */
    CacheSet imported(SequenceState state) throws OrtException {
        return make(1, state.length(), (cache, memory) -> {
            GraphPorts.Cache port = caches.get(cache);
            boolean half = port.type() == OnnxJavaType.FLOAT16;
            switch (state.layers().get(port.layer())) {
                case SequenceState.KeyValues kv -> convert(
                        port.part() == GraphPorts.Part.KEYS ? kv.keys() : kv.values(), kv.type() == TensorType.F16,
                        memory, half);
                case SequenceState.ConvColumns conv -> {
                    // an export may keep one column more than it needs: the oldest, which no tap reaches
                    int skipped = port.columns() - conv.columns();
                    for (int channel = 0; channel < conv.channels(); channel++) {
                        for (int column = 0; column < conv.columns(); column++) {
                            put(memory, (long) channel * port.columns() + skipped + column, half,
                                    conv.data().get(FLOAT, 4L * ((long) channel * conv.columns() + column)));
                        }
                    }
                }
            }
        });
    }

    /** How keys and values of these caches are best given away. */
    TensorType keyValueType() {
        return caches.stream().filter(c -> c.part() != GraphPorts.Part.COLUMNS)
                .allMatch(c -> c.type() == OnnxJavaType.FLOAT16) ? TensorType.F16 : TensorType.F32;
    }

    /** Fills a state. */
    void export(Source source, SequenceState state) {
        for (int cache = 0; cache < caches.size(); cache++) {
            try (Arena arena = Arena.ofConfined()) {
                export(source, cache, arena, state);
            }
        }
    }

    private void export(Source source, int cache, Arena arena, SequenceState state) {
        GraphPorts.Cache port = caches.get(cache);
        boolean half = port.type() == OnnxJavaType.FLOAT16;
        MemorySegment values = source.isWhole()
                ? source.from().row(cache, source.row())
                : arena.allocate(port.values(source.tokens()) * port.type().size);
        if (!source.isWhole()) {
            copy(source, cache, values);
        }
        switch (state.layers().get(port.layer())) {
            case SequenceState.KeyValues kv -> convert(values, half,
                    port.part() == GraphPorts.Part.KEYS ? kv.keys() : kv.values(), kv.type() == TensorType.F16);
            case SequenceState.ConvColumns conv -> {
                int skipped = port.columns() - conv.columns();
                for (int channel = 0; channel < conv.channels(); channel++) {
                    for (int column = 0; column < conv.columns(); column++) {
                        conv.data().set(FLOAT, 4L * ((long) channel * conv.columns() + column),
                                get(values, (long) channel * port.columns() + skipped + column, half));
                    }
                }
            }
        }
    }

    private CacheSet make(int rows, int tokens, Content content) throws OrtException {
        Arena arena = Arena.ofShared();
        List<OnnxTensor> tensors = new ArrayList<>(caches.size());
        try {
            for (int cache = 0; cache < caches.size(); cache++) {
                GraphPorts.Cache port = caches.get(cache);
                long bytes = Math.multiplyExact(port.values(tokens), (long) rows) * port.type().size;
                MemorySegment memory = arena.allocate(bytes, 64);
                content.fill(cache, memory);
                tensors.add(tensor(environment, memory, port.shape(rows, tokens), port.type()));
            }
            return new CacheSet(tensors, arena, rows, tokens);
        } catch (OrtException | RuntimeException | Error e) {
            new CacheSet(tensors, arena, rows, tokens).free();
            throw e;
        }
    }

    /** A tensor over memory off the heap, which stays the caller's and must outlive it. */
    static OnnxTensor tensor(OrtEnvironment environment, MemorySegment memory, long[] shape, OnnxJavaType type)
            throws OrtException {
        return OnnxTensor.createTensor(environment, memory.asByteBuffer().order(ByteOrder.nativeOrder()), shape, type);
    }

    private static void convert(MemorySegment from, boolean fromHalf, MemorySegment to, boolean toHalf) {
        if (fromHalf == toHalf) {
            to.copyFrom(from);
            return;
        }
        long values = from.byteSize() / (fromHalf ? 2 : 4);
        for (long i = 0; i < values; i++) {
            put(to, i, toHalf, get(from, i, fromHalf));
        }
    }

    private static float get(MemorySegment from, long index, boolean half) {
        return half ? Float.float16ToFloat(from.get(HALF, 2 * index)) : from.get(FLOAT, 4 * index);
    }

    private static void put(MemorySegment to, long index, boolean half, float value) {
        if (half) {
            to.set(HALF, 2 * index, Float.floatToFloat16(value));
        } else {
            to.set(FLOAT, 4 * index, value);
        }
    }
}
