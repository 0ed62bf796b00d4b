/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequenceStateTest {

    private static final int HIDDEN = 8;

    /** Weights are never read here. */
    private record Shape(String name, TensorType type, long rows, long columns) implements Tensor {

        @Override
        public MemorySegment map(Arena arena) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void read(long firstRow, int count, float[] into, int at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Tensor slice(long firstRow, long count) {
            throw new UnsupportedOperationException();
        }
    }

    private static Tensor tensor(long rows, long columns) {
        return new Shape("w", TensorType.F32, rows, columns);
    }

    private static Blueprint.Mixer attention(int kvHeads, int headSize) {
        Tensor any = tensor(1, HIDDEN);
        Blueprint.Norm norm = new Blueprint.Norm(any, 1e-5f);
        return Blueprint.Attention
                .plain(4, kvHeads, headSize, any, any, any, any, new Position.Rope(headSize, 1e6f))
                .withNorms(norm, norm);
    }

    private static Blueprint.Mixer conv(int width) {
        Tensor any = tensor(1, HIDDEN);
        return new Blueprint.ShortConv(width, any, any, any);
    }

    private static Blueprint blueprint(Blueprint.Mixer... mixers) {
        Tensor any = tensor(1, HIDDEN);
        Blueprint.Norm norm = new Blueprint.Norm(any, 1e-5f);
        List<Blueprint.Layer> layers = new ArrayList<>();
        for (Blueprint.Mixer mixer : mixers) {
            layers.add(new Blueprint.Layer(norm, mixer, norm, new Blueprint.Dense(any, any, any)));
        }
        return new Blueprint("test", 100, HIDDEN, 64, any, layers, norm, any);
    }

    @Test
    void aStateHasTheShapeOfItsModel() {
        Blueprint blueprint = blueprint(conv(3), attention(2, 4));
        try (SequenceState state = SequenceState.allocate(blueprint, new int[]{1, 2, 3}, TensorType.F16)) {
            assertEquals(3, state.length());
            assertArrayEquals(new int[]{1, 2, 3}, state.tokens());
            SequenceState.ConvColumns columns = assertInstanceOf(SequenceState.ConvColumns.class,
                    state.layers().get(0));
            assertEquals(2, columns.columns());
            assertEquals(HIDDEN * 2 * 4, columns.data().byteSize());
            SequenceState.KeyValues values = assertInstanceOf(SequenceState.KeyValues.class, state.layers().get(1));
            assertEquals(2 * 4 * 3 * 2, values.keys().byteSize());
            assertEquals(2 * 4 * 3 * 2, values.values().byteSize());
            for (long at = 0; at < columns.data().byteSize(); at++) {
                assertEquals(0, columns.data().get(ValueLayout.JAVA_BYTE, at));
            }
            assertDoesNotThrow(() -> state.check(blueprint));
        }
    }

    @Test
    void tokensAreCopied() {
        int[] tokens = {1, 2};
        try (SequenceState state = SequenceState.allocate(blueprint(conv(3)), tokens, TensorType.F32)) {
            tokens[0] = 9;
            state.tokens()[1] = 9;
            assertArrayEquals(new int[]{1, 2}, state.tokens());
        }
    }

    @Test
    void statesOfOtherModelsAreRefused() {
        try (SequenceState state = SequenceState.allocate(blueprint(conv(3), attention(2, 4)), new int[]{1},
                TensorType.F32)) {
            for (Blueprint other : List.of(blueprint(conv(3)), blueprint(attention(2, 4), conv(3)),
                    blueprint(conv(4), attention(2, 4)), blueprint(conv(3), attention(1, 4)),
                    blueprint(conv(3), attention(2, 8)))) {
                assertThrows(IllegalArgumentException.class, () -> state.check(other));
            }
        }
        try (SequenceState state = SequenceState.allocate(blueprint(conv(3)), new int[]{100}, TensorType.F32)) {
            String message = assertThrows(IllegalArgumentException.class, () -> state.check(blueprint(conv(3))))
                    .getMessage();
            assertTrue(String.valueOf(message).contains("token 100"), message);
        }
    }

    @Test
    void quantisedStatesAreRefused() {
        assertThrows(IllegalArgumentException.class,
                () -> SequenceState.allocate(blueprint(conv(3)), new int[]{1}, TensorType.Q8_0));
    }

    @Test
    void closingFreesTheMemoryAtOnce() {
        SequenceState state = SequenceState.allocate(blueprint(conv(3)), new int[]{1}, TensorType.F32);
        SequenceState.ConvColumns columns = (SequenceState.ConvColumns) state.layers().getFirst();
        state.close();
        state.close();
        assertThrows(IllegalStateException.class, () -> columns.data().get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void layersCannotBeChanged() {
        List<Blueprint.Layer> layers = new ArrayList<>(blueprint(conv(3)).layers());
        assertThrows(UnsupportedOperationException.class, blueprint(conv(3)).layers()::clear);
        assertEquals(1, layers.size());
    }
}
