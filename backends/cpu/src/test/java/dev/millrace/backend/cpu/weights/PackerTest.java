/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.Blocks;
import dev.millrace.backend.cpu.MemoryTensor;
import dev.millrace.backend.cpu.Packed;
import dev.millrace.backend.cpu.kernels.ScaleScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.json.Json;
import dev.millrace.spi.model.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows come out of packed weights as the reference implementation decodes them, and damaged weights are refused. */
class PackerTest {

    private static final Path BLOCKS = Path.of(System.getProperty("millrace.shared", ""), "golden/quant-blocks.json");

    @TestFactory
    Stream<DynamicTest> rowsAreThoseOfTheReference() throws IOException {
        assumeTrue(Files.exists(BLOCKS), "no reference data");
        if (!(Json.parse(Files.readString(BLOCKS)) instanceof Map<?, ?> types)) {
            throw new AssertionError("no object");
        }
        return types.entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey().toString(), () -> {
            if (!(entry.getValue() instanceof Map<?, ?> blocks && blocks.get("raw_hex") instanceof List<?> stored
                    && blocks.get("values") instanceof List<?> values)) {
                throw new AssertionError("no blocks");
            }
            rows(TensorType.valueOf(entry.getKey().toString()), stored, values);
        }));
    }

    /** All blocks one below the other, and again side by side. */
    private static void rows(TensorType type, List<?> stored, List<?> values) {
        assertFalse(stored.isEmpty());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Object block : stored) {
            bytes.writeBytes(HexFormat.of().parseHex(block.toString()));
        }
        double[] expected = values.stream()
                .flatMap(block -> block instanceof List<?> list ? list.stream() : Stream.of())
                .mapToDouble(value -> value instanceof Number number ? number.doubleValue() : Double.NaN).toArray();
        byte[] raw = bytes.toByteArray();
        assertEquals(raw.length, type.bytes(expected.length));
        for (int rows : new int[]{1, stored.size()}) {
            int columns = expected.length / rows;
            for (int lanes : new int[]{4, 8, 16}) {
                Matrix matrix = Packed.pack(new MemoryTensor("blocks", type, rows, columns, raw), lanes);
                float[] row = new float[columns];
                for (int r = 0; r < rows; r++) {
                    ScalarKernels.decodeRow(matrix, r, new ScaleScratch(columns, lanes), row, 0);
                    for (int c = 0; c < columns; c++) {
                        int at = r * columns + c;
                        double size = Math.abs(Blocks.scaled(type, raw, at)) + Math.abs(Blocks.minimum(type, raw, at));
                        double bound = Blocks.minima(type) ? 1e-6 * size : 0;
                        assertTrue(Math.abs((float) expected[at] - row[c]) <= bound, type + " value " + at);
                        assertTrue(Math.abs((float) expected[at] - Blocks.value(type, raw, at)) <= bound,
                                type + " value " + at + ", as these tests define it");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatWasCutOff(TensorType type) {
        byte[] raw = Blocks.random(type, 5 * 256, new Random(1));
        for (int length : new int[]{0, raw.length / 2, raw.length - 1}) {
            MemoryTensor tensor = new MemoryTensor("blk.7.weight", type, 5, 256, Arrays.copyOf(raw, length));
            BackendException refused = assertThrows(BackendException.class, () -> Packed.pack(tensor, 8));
            assertTrue(refused.getMessage().startsWith("blk.7.weight has " + length + " bytes, but " + raw.length),
                    refused.getMessage());
            assertFalse(tensor.arenas.getLast().scope().isAlive());
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"F32", "BF16", "F16", "MXFP4"})
    void refusesScalesThatAreNotFinite(TensorType type) {
        for (float wrong : new float[]{Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            byte[] raw = Blocks.random(type, 19 * 256, new Random(2));
            byte[] last = Arrays.copyOfRange(raw, raw.length - type.blockBytes(), raw.length);
            Blocks.scales(type, last, wrong, 1);
            refused(type, 19, 256, raw, last);
            if (Blocks.minima(type)) {
                Blocks.scales(type, last, 1, wrong);
                refused(type, 19, 256, raw, last);
            }
        }
    }

    /** The exponent that stands for no number. */
    @Test
    void refusesNoNumberAsAnExponent() {
        byte[] raw = Blocks.random(TensorType.MXFP4, 3 * 64, new Random(3));
        byte[] last = Arrays.copyOfRange(raw, raw.length - 17, raw.length);
        last[0] = (byte) 255;
        refused(TensorType.MXFP4, 3, 64, raw, last);
    }

    @Test
    void refusesWeightsThatAreNotFinite() {
        for (int columns : new int[]{6, 7}) {
            for (int wrong : new int[]{0x7c00, 0xfc00, 0x7e01}) {
                refused(TensorType.F16, columns, bytes(2).putShort((short) wrong).array());
            }
            for (int wrong : new int[]{0x7f80, 0xff80, 0x7fc1}) {
                refused(TensorType.BF16, columns, bytes(2).putShort((short) wrong).array());
            }
            for (int wrong : new int[]{0x7f800000, 0xff800000, 0x7f800001}) {
                refused(TensorType.F32, columns, bytes(4).putInt(wrong).array());
            }
        }
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The last value, and the one before it, which shares an int with it. */
    private static void refused(TensorType type, int columns, byte[] wrong) {
        byte[] raw = Blocks.random(type, 3 * columns, new Random(4));
        refused(type, 3, columns, raw, wrong);
        byte[] before = Arrays.copyOfRange(raw, raw.length - 2 * wrong.length, raw.length);
        System.arraycopy(wrong, 0, before, 0, wrong.length);
        refused(type, 3, columns, raw, before);
    }

    private static void refused(TensorType type, int rows, int columns, byte[] raw, byte[] last) {
        byte[] damaged = raw.clone();
        System.arraycopy(last, 0, damaged, raw.length - last.length, last.length);
        MemoryTensor tensor = new MemoryTensor("blk.7.weight", type, rows, columns, damaged);
        BackendException refused = assertThrows(BackendException.class, () -> Packed.pack(tensor, 8), type::toString);
        assertTrue(refused.getMessage().contains("blk.7.weight"), refused.getMessage());
        Packed.pack(new MemoryTensor("blk.7.weight", type, rows, columns, raw), 8); // without damage it is taken
    }
}
