/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

/**
 * How the values of a tensor are stored. Quantised types store a row as blocks of {@link #blockSize()} consecutive values.
 *
 * <p>
 * The types and their layouts are those of the GGUF specification (ggml, {@code ggml-common.h}); all multi-byte fields are
 * little-endian.
 *
 * <p>
 * Minor versions may add values.
 */
public enum TensorType {
    /** IEEE 754 binary32. */
    F32(1, 4),
    /** IEEE 754 binary16. */
    F16(1, 2),
    /** The upper half of a binary32. */
    BF16(1, 2),
    /** 32 values of 4 bits with one float16 scale: {@code d * (q - 8)}. */
    Q4_0(32, 18),
    /** 32 values of 4 bits with float16 scale and minimum: {@code d * q + m}. */
    Q4_1(32, 20),
    /** 32 values of 5 bits with one float16 scale: {@code d * (q - 16)}. */
    Q5_0(32, 22),
    /** 32 values of 5 bits with float16 scale and minimum: {@code d * q + m}. */
    Q5_1(32, 24),
    /** 32 signed bytes with one float16 scale. */
    Q8_0(32, 34),
    /** 256 values of 2 bits in 16 groups with 4-bit scales and minima. */
    Q2_K(256, 84),
    /** 256 values of 3 bits in 16 groups with 6-bit scales. */
    Q3_K(256, 110),
    /** 256 values of 4 bits in 8 groups with 6-bit scales and minima. */
    Q4_K(256, 144),
    /** 256 values of 5 bits in 8 groups with 6-bit scales and minima. */
    Q5_K(256, 176),
    /** 256 values of 6 bits in 16 groups with 8-bit scales. */
    Q6_K(256, 210),
    /** 32 values of 4 bits through a table of 16 levels, with one float16 scale. */
    IQ4_NL(32, 18),
    /** 256 values of 4 bits through a table of 16 levels, in 8 groups with 6-bit scales. */
    IQ4_XS(256, 136),
    /** 32 values of 4 bits (E2M1) with one exponent byte (E8M0), as in the OCP microscaling format. */
    MXFP4(32, 17);

    private final int blockSize;
    private final int blockBytes;

    TensorType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /**
     * Values in a block.
     *
     * @return 1 for plain types
     */
    public int blockSize() {
        return blockSize;
    }

    /**
     * Size of a block.
     *
     * @return bytes
     */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Whether values share a scale within blocks.
     *
     * @return true for all but F32, F16 and BF16
     */
    public boolean isQuantised() {
        return blockSize > 1;
    }

    /**
     * Size of a run of values.
     *
     * @param values number of values, a multiple of the block size
     * @return bytes
     * @throws IllegalArgumentException if the number is negative or no multiple
     * @throws ArithmeticException if the size does not fit a long
     */
    public long bytes(long values) {
        if (values < 0 || values % blockSize != 0) {
            throw new IllegalArgumentException(
                    this + " stores values in blocks of " + blockSize + ", so not " + values + " of them");
        }
        return Math.multiplyExact(values / blockSize, (long) blockBytes);
    }
}
