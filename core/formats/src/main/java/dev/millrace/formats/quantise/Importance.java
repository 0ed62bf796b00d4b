/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.quantise;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much each column of each matrix matters: the mean square of what it is multiplied by, measured on a text. Read from the files
 * of llama.cpp's {@code llama-imatrix} in their first form ({@code .dat}).
 */
public final class Importance {

    /** Nothing was measured. */
    public static final Importance NONE = new Importance(Map.of());

    private static final long MOST_BYTES = 1L << 30;

    private final Map<String, float[]> byTensor;

    private Importance(Map<String, float[]> byTensor) {
        this.byTensor = byTensor;
    }

    /**
     * Reads a file.
     *
     * @param file from {@code llama-imatrix}
     * @return what was measured
     * @throws MillraceException if it is damaged or of another kind
     */
    public static Importance read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw wrong(file, "it is larger than 1 GiB", null);
            }
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            if (in.remaining() >= 4 && in.getInt(0) == 0x46554747) {
                throw wrong(file, "it is in the GGUF form; write it with --output-format dat", null);
            }
            int count = in.getInt();
            Map<String, float[]> byTensor = new HashMap<>();
            for (int i = 0; i < count; i++) {
                byte[] name = new byte[length(file, in, in.getInt(), 1)];
                in.get(name);
                int calls = in.getInt();
                float[] values = new float[length(file, in, in.getInt(), 4)];
                for (int v = 0; v < values.length; v++) {
                    float value = in.getFloat() / Math.max(1, calls);
                    if (!(value >= 0) || Float.isInfinite(value)) {
                        throw wrong(file, "it holds " + value, null);
                    }
                    values[v] = value;
                }
                byTensor.put(new String(name, StandardCharsets.UTF_8), values);
            }
            return new Importance(byTensor);
        } catch (BufferUnderflowException e) {
            throw wrong(file, "it ends too early", e);
        } catch (IOException e) {
            throw wrong(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static int length(Path file, ByteBuffer in, int stated, int each) {
        if (stated < 0 || stated > in.remaining() / each) {
            throw wrong(file, "it announces more than it holds", null);
        }
        return stated;
    }

    private static MillraceException wrong(Path file, String why, @Nullable Exception cause) {
        return new MillraceException("The importance matrix " + file + " cannot be read: " + why + ".", cause);
    }

    /**
     * Whether nothing is known.
     *
     * @return true if so
     */
    public boolean isEmpty() {
        return byTensor.isEmpty();
    }

    /**
     * What matters in some rows.
     *
     * @param tensor its name in GGUF
     * @param matrix which of several matrices in the tensor, such as the number of an expert
     * @param columns of a row
     * @return one number per column, or null if it was not measured
     * @throws MillraceException if it was measured for another shape
     */
    public float @Nullable [] of(String tensor, int matrix, int columns) {
        float[] all = byTensor.get(tensor);
        if (all == null) {
            return null;
        }
        if (all.length == columns) {
            return all;
        }
        if (all.length % columns != 0 || all.length / columns <= matrix) {
            throw new MillraceException("The importance matrix has " + all.length + " numbers for " + tensor
                    + ", whose rows have " + columns + " values: it was measured on another model.");
        }
        return Arrays.copyOfRange(all, matrix * columns, (matrix + 1) * columns);
    }
}
