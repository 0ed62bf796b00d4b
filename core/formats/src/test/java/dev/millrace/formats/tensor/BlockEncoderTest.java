/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks against those of ggml itself. */
class BlockEncoderTest {

    private static final int COLUMNS = 512;

    /** A walk that any language repeats: sums of four draws, scaled by row; some rows of zeros, some without signs. */
    private static float[] values() {
        float[] values = new float[64 * COLUMNS];
        long state = 42;
        for (int i = 0; i < values.length; i++) {
            double sum = 0;
            for (int draw = 0; draw < 4; draw++) {
                state = state * 6364136223846793005L + 1442695040888963407L;
                sum += (state >>> 40) / (double) (1 << 24) - 0.5;
            }
            int row = i / 256;
            float value = (float) sum * (float) Math.pow(2, row % 13 - 6);
            value = row % 17 == 16 ? 0 : value;
            values[i] = row % 19 == 18 ? Math.abs(value) : value;
        }
        return values;
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static byte[] encoded(TensorType type, float[] values, float[] importance) {
        ByteBuffer into = ByteBuffer.allocate((int) type.bytes(values.length));
        if (importance.length == 0) {
            BlockEncoder.encode(type, values, values.length, into);
        } else {
            BlockEncoder.encode(type, values, values.length, importance, into);
        }
        return into.array();
    }

    private static float[] decoded(TensorType type, byte[] bytes, int count) {
        float[] values = new float[count];
        BlockDecoder.decode(type, bytes, 0, count / type.blockSize(), values, 0);
        return values;
    }

    /** The digests are of what {@code ggml_quantize_chunk} makes of the same values without an importance matrix. */
    @ParameterizedTest
    @CsvSource({"Q4_0,0966a16e0b54a47ac3f5f686edb1d7baaa0a945851de7a5b47b2601dbbf644a4",
            "Q4_1,8c52f76bfe593eea885c1898b9210462d213de0252c439e59fb98fd318aebabc",
            "Q5_0,56fd27154199c0d7244208078e61a96275151501de9c311c1f72f02a20a7b436",
            "Q5_1,389663e40f6db3a5aa3174aa17c5e6932f298976672e47a321f78e60f359fa99",
            "Q8_0,c6e4ae4d3ddd897e926beff257c4e0b603addda79cb68ec815a045995eb11cae",
            "Q2_K,77fa7b3053f1dcffd82ba9e16b15a57ea8dae29a51b851b045de72bb0c075655",
            "Q3_K,73a22e91feffbecb60146d66b040dc129574f974d7a219b3f8b8e6ddcc82ad4d",
            "Q4_K,0a49da7ce94f91a57e57dc878f1aeb9a8e242e84ce59db057237db6bd7f0e32f",
            "Q5_K,c7204dd08548ab68960f7f2cf7c0385a6ad98408f314e6bd1c1b8fd3fc4ec3a6",
            "Q6_K,ecbda7b758a38fc2a02228ba90ab9c346958edab2bbfd133996091071368277d",
            "IQ4_NL,4ce53b13ec0047a811c4d969d2000f5168c844d5169c6e9fb789864baa21f3db",
            "IQ4_XS,b27edef0045b224719816a5ed92ee5429ed651b904357ac002b10f4314368434",
            "MXFP4,21e9c95f80c9070739c6817c4ec116c863c5613917e019ed2dab04ba2ea77b64"})
    void blocksAreThoseOfTheReferenceBitForBit(TensorType type, String digest) throws Exception {
        float[] values = values();
        byte[] plain = encoded(TensorType.F32, values, new float[0]);
        assertEquals("bf62007f3951b8741316c48588e96dbef022b971e2f42a90ec5e24e864ba7a26", sha256(plain), "the walk");
        assertEquals(digest, sha256(encoded(type, values, new float[0])));
    }

    /** The error that counts, with an importance, is not above that without one. */
    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
            "Q6_K",
            "IQ4_NL", "IQ4_XS"})
    void anImportanceMakesWhatMattersMoreExact(TensorType type) {
        float[] values = values();
        float[] importance = new float[COLUMNS];
        Random random = new Random(5);
        for (int i = 0; i < COLUMNS; i++) {
            importance[i] = i * 7919 % 61 < 7 ? 100 : random.nextFloat();
        }
        double without = error(type, values, importance, encoded(type, values, new float[0]));
        double with = error(type, values, importance, encoded(type, values, importance));
        assertTrue(with < without, () -> type + ": " + with + " with an importance, " + without + " without");
    }

    private static double error(TensorType type, float[] values, float[] importance, byte[] bytes) {
        float[] back = decoded(type, bytes, values.length);
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += importance[i % COLUMNS] * Math.pow((double) values[i] - back[i], 2);
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void zerosAndColumnsThatNobodyUsesAreStored(TensorType type) {
        float[] zeros = new float[COLUMNS];
        for (float value : decoded(type, encoded(type, zeros, new float[0]), COLUMNS)) {
            assertEquals(0f, Math.abs(value), () -> type + " makes " + value + " of zero");
        }
        float[] some = new float[COLUMNS];
        some[3] = 1;
        float[] back = decoded(type, encoded(type, some, new float[COLUMNS]), COLUMNS);
        for (float value : back) {
            assertTrue(Float.isFinite(value), () -> type + " gives " + value);
        }
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void whatIsNotFiniteIsRefused(TensorType type) {
        float[] values = new float[COLUMNS];
        values[300] = Float.NaN;
        assertThrows(ArithmeticException.class, () -> encoded(type, values, new float[0]));
        values[300] = Float.NEGATIVE_INFINITY;
        assertThrows(ArithmeticException.class, () -> encoded(type, values, new float[0]));
    }

    @Test
    void whatIsTooLargeForAScaleIsRefused() {
        float[] values = new float[COLUMNS];
        values[0] = 3e38f;
        assertThrows(ArithmeticException.class, () -> encoded(TensorType.Q4_K, values, new float[0]));
    }
}
