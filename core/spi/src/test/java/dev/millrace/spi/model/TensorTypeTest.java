/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.KeyValueType;
import dev.millrace.spi.backend.LoadOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorTypeTest {

    /** Sizes as the GGUF specification has them. */
    @ParameterizedTest
    @CsvSource({"F32,256,1024", "F16,256,512", "BF16,256,512", "Q4_0,32,18", "Q4_1,32,20", "Q5_0,32,22", "Q5_1,32,24",
            "Q8_0,64,68", "Q2_K,256,84", "Q3_K,256,110", "Q4_K,512,288", "Q5_K,256,176", "Q6_K,256,210", "IQ4_NL,32,18",
            "IQ4_XS,256,136", "MXFP4,32,17", "Q4_0,0,0"})
    void valuesTakeWholeBlocks(TensorType type, long values, long bytes) {
        assertEquals(bytes, type.bytes(values));
    }

    @ParameterizedTest
    @CsvSource({"Q4_0,31", "Q6_K,128", "F32,-1", "Q8_0,-32"})
    void partsOfBlocksAreRefused(TensorType type, long values) {
        assertThrows(IllegalArgumentException.class, () -> type.bytes(values));
    }

    @Test
    void sizesBeyondALongAreRefused() {
        assertThrows(ArithmeticException.class, () -> TensorType.F32.bytes(Long.MAX_VALUE));
    }

    @Test
    void plainTypesAreNotQuantised() {
        for (TensorType type : TensorType.values()) {
            assertEquals(type != TensorType.F32 && type != TensorType.F16 && type != TensorType.BF16,
                    type.isQuantised(), type.name());
        }
    }

    @Test
    void loadOptionsRefuseWhatMakesNoSense() {
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(0));
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(1).withThreads(-1));
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(1).withThreads(1025));
        assertEquals(1, LoadOptions.of(1).context());
        assertEquals(KeyValueType.AUTO, LoadOptions.of(1).keyValues());
    }
}
