/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.formats.Shared;
import dev.millrace.json.Json;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BlockDecoderTest {

    @Test
    void decodesEveryReferenceBlockToTheBit() throws IOException {
        Map<?, ?> types = assertInstanceOf(Map.class,
                Json.parse(Files.readString(Shared.path("golden/quant-blocks.json"))));
        assertEquals(14, types.size());
        types.forEach((name, value) -> {
            TensorType type = TensorType.valueOf((String) name);
            Map<?, ?> fields = assertInstanceOf(Map.class, value);
            List<?> blocks = assertInstanceOf(List.class, fields.get("raw_hex"));
            List<?> expected = assertInstanceOf(List.class, fields.get("values"));
            assertEquals((long) type.blockBytes(), fields.get("bytes_per_block"));
            for (int i = 0; i < blocks.size(); i++) {
                byte[] raw = HexFormat.of().parseHex((String) blocks.get(i));
                List<?> row = (List<?>) expected.get(i);
                float[] got = new float[row.size()];
                BlockDecoder.decode(type, raw, 0, raw.length / type.blockBytes(), got, 0);
                for (int j = 0; j < got.length; j++) {
                    float want = ((Number) row.get(j)).floatValue();
                    assertEquals(Float.floatToRawIntBits(want), Float.floatToRawIntBits(got[j]),
                            name + " block " + i + " value " + j + ": " + want + " " + got[j]);
                }
            }
        });
    }

    @Test
    void decodesHalvesOfEveryKind() {
        short[] halves = {0x0000, (short) 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0x7bff, 0x7c00, (short) 0xfc00,
                0x7e00};
        float[] floats = {0f, -0f, 0x1p-24f, 0x1.ff8p-15f, 0x1p-14f, 1f, 65504f, Float.POSITIVE_INFINITY,
                Float.NEGATIVE_INFINITY, Float.NaN};
        ByteBuffer bytes = ByteBuffer.allocate(2 * halves.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(halves);
        float[] got = new float[halves.length];
        BlockDecoder.decode(TensorType.F16, bytes.array(), 0, halves.length, got, 0);
        for (int i = 0; i < got.length; i++) {
            assertEquals(Float.floatToIntBits(floats[i]), Float.floatToIntBits(got[i]), "half " + i);
        }
    }

    @Test
    void decodesBetweenOtherValues() {
        byte[] raw = new byte[3 + 34];
        raw[4] = 0x3c;
        raw[5] = -7;
        float[] got = new float[36];
        BlockDecoder.decode(TensorType.Q8_0, raw, 3, 1, got, 2);
        assertEquals(-7f, got[2]);
        assertEquals(0f, got[35]);
    }

    @Test
    void refusesArraysThatAreTooShort() {
        assertThrows(IndexOutOfBoundsException.class,
                () -> BlockDecoder.decode(TensorType.Q6_K, new byte[209], 0, 1, new float[256], 0));
        assertThrows(IndexOutOfBoundsException.class,
                () -> BlockDecoder.decode(TensorType.Q6_K, new byte[210], 0, 1, new float[255], 0));
    }
}
