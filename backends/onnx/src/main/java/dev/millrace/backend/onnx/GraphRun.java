/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.spi.backend.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs the graph once at a time. Inputs of whole numbers and the logits lie in memory of its own that is used again; caches stay
 * where ONNX Runtime puts them and go into the next run as they are.
 */
final class GraphRun implements AutoCloseable {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final GraphPorts ports;
    private final int vocabularySize;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Set<String> cacheOutputs = new LinkedHashSet<>();
    private final Buffer ids = new Buffer();
    private final Buffer positions = new Buffer();
    private final Buffer mask = new Buffer();
    private final Buffer kept = new Buffer();
    private final Buffer logits = new Buffer();
    private int logitRows;
    private long nanos;

    GraphRun(OrtEnvironment environment, OrtSession session, GraphPorts ports, int vocabularySize) {
        this.environment = environment;
        this.session = session;
        this.ports = ports;
        this.vocabularySize = vocabularySize;
        for (GraphPorts.Cache cache : ports.caches()) {
            cacheOutputs.add(cache.output());
        }
    }

    /** Memory that grows. */
    private static final class Buffer implements AutoCloseable {

        private @Nullable Arena arena;
        private MemorySegment memory = MemorySegment.NULL;

        /** At least so many bytes; the old content is lost when it grows. */
        MemorySegment of(long bytes) {
            if (memory.byteSize() < bytes) {
                long size = Math.max(bytes, 2 * memory.byteSize());
                close();
                Arena next = Arena.ofShared();
                try {
                    memory = next.allocate(size, 64);
                } catch (RuntimeException | Error e) {
                    next.close();
                    throw e;
                }
                arena = next;
            }
            return memory.asSlice(0, bytes);
        }

        @Override
        public void close() {
            if (arena != null) {
                arena.close();
                arena = null;
                memory = MemorySegment.NULL;
            }
        }
    }

    /** Writes value after value. */
    @FunctionalInterface
    private interface Numbers {
        long at(int row, int index);
    }

    /**
     * Feeds some tokens of each step to its sequence.
     *
     * @param past a row a step
     * @param steps all with these tokens
     * @param from first token of a step
     * @param count tokens
     * @param wanted for how many of the last tokens logits are wanted, 0 to count
     * @return the caches after them, held by nobody
     */
    CacheSet run(CacheSet past, List<Step> steps, int from, int count, int wanted) throws OrtException {
        int rows = steps.size();
        logitRows = ports.kept().isPresent() ? Math.max(1, wanted) : count;
        List<OnnxTensor> own = new ArrayList<>(4);
        OnnxTensor pinned = null;
        inputs.clear();
        try {
            own.add(add(ports.ids(), ids, rows, count, (r, i) -> steps.get(r).token(from + i)));
            if (ports.mask().isPresent()) {
                own.add(add(ports.mask().get(), mask, rows, past.tokens() + count, (r, i) -> 1));
            }
            if (ports.positions().isPresent()) {
                own.add(add(ports.positions().get(), positions, rows, count, (r, i) -> past.tokens() + i));
            }
            if (ports.kept().isPresent()) {
                own.add(add(ports.kept().get(), kept, 1, 1, (r, i) -> logitRows));
            }
            for (int cache = 0; cache < ports.caches().size(); cache++) {
                inputs.put(ports.caches().get(cache).input(), past.tensor(cache));
            }
            if (wanted > 0) {
                long values = Math.multiplyExact((long) rows * logitRows, (long) vocabularySize);
                pinned = CacheFactory.tensor(environment, logits.of(values * ports.logitsType().size),
                        new long[]{rows, logitRows, vocabularySize}, ports.logitsType());
            }
            long start = System.nanoTime();
            OrtSession.Result result = pinned == null
                    ? session.run(inputs, cacheOutputs)
                    : session.run(inputs, cacheOutputs, Map.of(ports.logits(), pinned));
            nanos += System.nanoTime() - start;
            return taken(result, rows, past.tokens() + count);
        } finally {
            inputs.clear();
            for (OnnxTensor tensor : own) {
                tensor.close();
            }
            if (pinned != null) {
                pinned.close();
            }
        }
    }

    private OnnxTensor add(GraphPorts.Whole port, Buffer buffer, int rows, int columns, Numbers numbers)
            throws OrtException {
        int size = port.type() == OnnxJavaType.INT64 ? 8 : 4;
        MemorySegment memory = buffer.of((long) rows * columns * size);
        long at = 0;
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < columns; i++) {
                if (size == 8) {
                    memory.set(LONG, at, numbers.at(r, i));
                } else {
                    memory.set(INT, at, (int) numbers.at(r, i));
                }
                at += size;
            }
        }
        OnnxTensor tensor = CacheFactory.tensor(environment, memory,
                port.scalar()
                        ? new long[0]
                        : rows == 1 && columns == 1 && buffer == kept
                                ? new long[]{1}
                                : new long[]{rows, columns},
                port.type());
        inputs.put(port.name(), tensor);
        return tensor;
    }

    /** The caches of a result, in the order of the ports; they are not the result's any more. */
    private CacheSet taken(OrtSession.Result result, int rows, int tokens) throws OrtException {
        List<OnnxTensor> tensors = new ArrayList<>(ports.caches().size());
        for (GraphPorts.Cache cache : ports.caches()) {
            if (!(result.get(cache.output()).orElse(null) instanceof OnnxTensor tensor)) {
                result.close();
                throw new OrtException("The output " + cache.output() + " is no tensor.");
            }
            tensors.add(tensor);
        }
        CacheSet set = new CacheSet(tensors, null, rows, tokens);
        for (int cache = 0; cache < tensors.size(); cache++) {
            if (!Arrays.equals(tensors.get(cache).getInfo().getShape(),
                    ports.caches().get(cache).shape(rows, tokens))) {
                String name = ports.caches().get(cache).output();
                String shape = Arrays.toString(tensors.get(cache).getInfo().getShape());
                set.free();
                throw new OrtException(
                        "The output " + name + " has the shape " + shape + " after " + tokens + " tokens.");
            }
        }
        return set;
    }

    /**
     * Copies logits of the last run.
     *
     * @param row the step's place in the run
     * @param last how many rows from the end, 1 for the last
     * @param into gets a value a token of the vocabulary
     * @param at index of the first
     */
    void logits(int row, int last, float[] into, int at) {
        long first = ((long) row * logitRows + logitRows - last) * vocabularySize;
        if (ports.logitsType() == OnnxJavaType.FLOAT) {
            MemorySegment.copy(logits.memory, FLOAT, first * 4, into, at, vocabularySize);
        } else {
            for (int i = 0; i < vocabularySize; i++) {
                into[at + i] = Float.float16ToFloat(logits.memory.get(HALF, 2 * (first + i)));
            }
        }
    }

    /** Whether the graph can leave out logits that nobody wants. */
    boolean limitsLogits() {
        return ports.kept().isPresent();
    }

    /** Time spent inside ONNX Runtime so far. */
    long nanos() {
        return nanos;
    }

    @Override
    public void close() {
        for (Buffer buffer : List.of(ids, positions, mask, kept, logits)) {
            buffer.close();
        }
    }
}
