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
    private final List<Buffer> numbers = new ArrayList<>();
    private final Buffer logits = new Buffer();
    private LogitsForm form = LogitsForm.ALL;
    private int logitRows;
    private long nanos;

    /** Of which tokens a graph gives logits. */
    private enum LogitsForm {
        /** Of all that it reads, or of as many as it is asked for. */
        ALL,
        /** Of the last, {@code [rows, 1, vocabulary]}. */
        LAST,
        /** Of the last, {@code [rows, vocabulary]}. */
        LAST_FLAT
    }

    GraphRun(OrtEnvironment environment, OrtSession session, GraphPorts ports, int vocabularySize) {
        this.environment = environment;
        this.session = session;
        this.ports = ports;
        this.vocabularySize = vocabularySize;
        for (GraphPorts.Cache cache : ports.caches()) {
            cacheOutputs.add(cache.output());
        }
        for (int i = 0; i < ports.numbers().size(); i++) {
            numbers.add(new Buffer());
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

    /**
     * Runs the graph for the first time, so that whatever does not fit is told when a model is loaded, and finds out of which
     * tokens it gives logits.
     *
     * @param empty caches of a sequence that has read nothing; stays the caller's
     * @throws OrtException if the graph cannot be run, or an output has another shape than it should
     */
    void probe(CacheSet empty) throws OrtException {
        int count = Math.min(2, ports.mostTokens());
        CacheSet next;
        Set<String> outputs = new LinkedHashSet<>(cacheOutputs);
        outputs.add(ports.logits());
        logitRows = count;
        int[] tokens = new int[count];
        List<OnnxTensor> own = new ArrayList<>();
        try {
            fill(empty, 1, count, (row, index) -> tokens[index], own);
            OrtSession.Result result = session.run(inputs, outputs);
            long[] shape = result.get(ports.logits()).orElseThrow() instanceof OnnxTensor tensor
                    ? tensor.getInfo().getShape()
                    : new long[0];
            next = taken(result, 1, count);
            result.get(ports.logits()).orElseThrow().close();
            next.free();
            form = form(shape, count);
        } finally {
            inputs.clear();
            own.forEach(OnnxTensor::close);
        }
    }

    private LogitsForm form(long[] shape, int count) throws OrtException {
        if (Arrays.equals(shape, new long[]{1, count, vocabularySize})) {
            return LogitsForm.ALL;
        }
        if (Arrays.equals(shape, new long[]{1, 1, vocabularySize})) {
            return LogitsForm.LAST;
        }
        if (Arrays.equals(shape, new long[]{1, vocabularySize})) {
            return LogitsForm.LAST_FLAT;
        }
        throw new OrtException("The output " + ports.logits() + " has the shape " + GraphPorts.shown(shape) + " after "
                + count + " tokens, expected [1, " + count + ", " + vocabularySize + "]");
    }

    /** Token of a row. */
    @FunctionalInterface
    private interface Tokens {
        int at(int row, int index);
    }

    /**
     * Feeds some tokens of each step to its sequence.
     *
     * @param past one row per step
     * @param steps all with these tokens
     * @param from first token of a step
     * @param count tokens
     * @param wanted for how many of the last tokens logits are wanted, 0 to count
     * @return the caches after them, held by nobody
     */
    CacheSet run(CacheSet past, List<Step> steps, int from, int count, int wanted) throws OrtException {
        int rows = steps.size();
        logitRows = form != LogitsForm.ALL ? 1 : limitsLogits() ? Math.max(1, wanted) : count;
        List<OnnxTensor> own = new ArrayList<>(4);
        OnnxTensor pinned = null;
        inputs.clear();
        try {
            fill(past, rows, count, (r, i) -> steps.get(r).token(from + i), own);
            if (wanted > 0) {
                long values = Math.multiplyExact((long) rows * logitRows, (long) vocabularySize);
                pinned = CacheFactory.tensor(environment, logits.of(values * ports.logitsType().size),
                        form == LogitsForm.LAST_FLAT
                                ? new long[]{rows, vocabularySize}
                                : new long[]{rows, logitRows, vocabularySize},
                        ports.logitsType());
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

    private void fill(CacheSet past, int rows, int count, Tokens tokens, List<OnnxTensor> own) throws OrtException {
        for (int i = 0; i < ports.numbers().size(); i++) {
            own.add(add(ports.numbers().get(i), numbers.get(i), past.tokens(), rows, count, tokens));
        }
        for (int cache = 0; cache < ports.caches().size(); cache++) {
            inputs.put(ports.caches().get(cache).input(), past.tensor(cache));
        }
    }

    private OnnxTensor add(GraphPorts.Whole port, Buffer buffer, int past, int rows, int count, Tokens tokens)
            throws OrtException {
        int first = switch (port.role()) {
            case IDS, MASK, POSITIONS, LENGTHS -> rows;
            case CACHE_POSITION -> count;
            case PAST_LENGTH, TOTAL_LENGTH, KEPT, BRANCH -> 1;
        };
        int second = switch (port.role()) {
            case IDS, POSITIONS -> count;
            case MASK -> past + count;
            default -> 1;
        };
        int size = port.type().size;
        MemorySegment memory = buffer.of((long) first * second * size);
        long at = 0;
        for (int r = 0; r < first; r++) {
            for (int i = 0; i < second; i++) {
                long value = switch (port.role()) {
                    case IDS -> tokens.at(r, i);
                    case MASK -> 1;
                    case POSITIONS -> past + i;
                    case CACHE_POSITION -> past + r;
                    case LENGTHS -> past + count - 1;
                    case PAST_LENGTH -> past;
                    case TOTAL_LENGTH -> past + count;
                    case KEPT -> logitRows;
                    case BRANCH -> past > 0 ? 1 : 0;
                };
                switch (size) {
                    case 8 -> memory.set(LONG, at, value);
                    case 4 -> memory.set(INT, at, (int) value);
                    default -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
                }
                at += size;
            }
        }
        long[] shape = switch (port.rank()) {
            case 0 -> new long[0];
            case 1 -> new long[]{first};
            default -> new long[]{first, second};
        };
        OnnxTensor tensor = CacheFactory.tensor(environment, memory, shape, port.type());
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
        return ports.has(GraphPorts.Role.KEPT);
    }

    /** Whether the graph gives logits of the last token alone, however many it reads. */
    boolean givesLastOnly() {
        return form != LogitsForm.ALL;
    }

    /** Time spent inside ONNX Runtime so far. */
    long nanos() {
        return nanos;
    }

    @Override
    public void close() {
        numbers.forEach(Buffer::close);
        logits.close();
    }
}
