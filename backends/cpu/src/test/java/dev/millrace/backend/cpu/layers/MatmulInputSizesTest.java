/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Precision;
import dev.millrace.backend.cpu.MemoryNeeds;
import dev.millrace.backend.cpu.RandomModel;
import dev.millrace.backend.cpu.Run;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bound of what prepared inputs take. */
class MatmulInputSizesTest {

    private static final int HIDDEN = 256;

    @Test
    void theLargestRegionsOfBothKindsCount() {
        Blueprint model = RandomModel.of(TensorType.Q4_0);
        // 512 tokens pick 2 of 5 experts each: 128 tiles of 8 that are full, and one more for each expert
        long picked = (128 + 5) * 8 * HIDDEN;
        long router = 512 * HIDDEN * 4;
        long quantised = picked * 21 / 8 + 5 * 8;
        assertEquals(quantised + quantised / 8 + router,
                MatmulInputSizes.bytes(model, 512, false, new ScalarKernels()));
        assertEquals(picked * 4, MatmulInputSizes.bytes(model, 512, true, new ScalarKernels()));
    }

    @Test
    void theyCountAsHeap() {
        Blueprint model = RandomModel.of(TensorType.Q4_0);
        LoadOptions options = LoadOptions.of(2048).withThreads(1);
        long buffers = Buffers.Widths.of(model).perToken(model.hiddenSize()) * 4 * MicroBatch.MOST
                + AttentionMemory.bytes(model, 2048);
        assertEquals(buffers + MatmulInputSizes.bytes(model, MicroBatch.MOST, false, new ScalarKernels()),
                MemoryNeeds.of(model, options, new ScalarKernels()).scratch());
    }

    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"Q4_0", "Q6_K", "Q8_0", "F32"})
    void noMoreIsTaken(TensorType type) throws IllegalAccessException {
        Blueprint model = RandomModel.of(type);
        for (Precision precision : Precision.values()) {
            try (Executor executor = Run.load(model, Run.BACKEND.devices().getFirst(), 2, precision);
                    Sequence sequence = executor.newSequence()) {
                Run.feed(executor, sequence, RandomModel.VOCABULARY, Run.tokens(512, RandomModel.VOCABULARY));
                long taken = bytes(executor);
                long bound = MatmulInputSizes.bytes(model, 512, precision == Precision.EXACT,
                        new ScalarKernels());
                assertTrue(taken > bound / 3 && taken <= bound, precision + ": " + taken + " of " + bound);
            }
        }
    }

    /** Bytes of all arrays of the activations that can be reached from an object. */
    private static long bytes(Object start) throws IllegalAccessException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        open.add(start);
        long bytes = 0;
        while (!open.isEmpty()) {
            Object object = open.remove();
            if (!seen.add(object)) {
                continue;
            }
            if (object instanceof Iterable<?> list) {
                list.forEach(open::add);
            }
            if (!object.getClass().getName().startsWith("dev.millrace.backend.cpu.")) {
                continue;
            }
            for (Field field : object.getClass().getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) {
                    continue;
                }
                field.setAccessible(true);
                Object value = field.get(object);
                if (value instanceof MemorySegment words) {
                    bytes += object instanceof Activations ? words.byteSize() : 0;
                } else if (object instanceof Activations && field.getType().isArray()) {
                    bytes += 4L * Array.getLength(Objects.requireNonNull(value));
                } else if (value != null) {
                    open.add(value);
                }
            }
        }
        return bytes;
    }
}
