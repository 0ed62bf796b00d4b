/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.quantise;

import dev.millrace.api.MillraceException;
import dev.millrace.formats.gguf.ImportanceFile;
import dev.millrace.formats.gguf.ImportanceFile.Squares;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much each column of each matrix matters: the mean square of what it is multiplied by, measured on a text by
 * {@link Calibration}, or read from a file of llama.cpp's {@code llama-imatrix}.
 */
public final class Importance {

    /** Nothing was measured. */
    public static final Importance NONE = new Importance(Map.of());

    private final Map<String, Squares> byTensor;

    Importance(Map<String, Squares> byTensor) {
        this.byTensor = Map.copyOf(byTensor);
    }

    /**
     * Reads a file.
     *
     * @param file from {@code llama-imatrix}, in either form
     * @return what was measured
     * @throws MillraceException if it is damaged or of another kind
     */
    public static Importance read(Path file) {
        return new Importance(ImportanceFile.read(file));
    }

    /**
     * Writes a file, as llama.cpp reads it, too.
     *
     * @param target replaced as a whole or not at all
     * @param text what it was measured on, for people
     * @param chunks into how many pieces the text was cut
     * @param chunk tokens of a piece
     * @throws MillraceException if it cannot be written
     */
    public void write(Path target, String text, int chunks, int chunk) {
        ImportanceFile.write(target, byTensor, text, chunks, chunk);
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
     * @return one number per column, or null if it was not measured, such as an expert that was never picked
     * @throws MillraceException if it was measured for another shape
     */
    public float @Nullable [] of(String tensor, int matrix, int columns) {
        Squares squares = byTensor.get(tensor);
        if (squares == null) {
            return null;
        }
        float[] sums = squares.sums();
        int at = sums.length == columns ? 0 : matrix;
        if (sums.length % columns != 0 || sums.length / columns <= at
                || (squares.counts().length != 1 && squares.counts().length != sums.length / columns)) {
            throw new MillraceException("The importance matrix has " + sums.length + " numbers for " + tensor
                    + ", whose rows have " + columns + " values: it was measured on another model.");
        }
        float count = squares.counts()[squares.counts().length == 1 ? 0 : at];
        if (count == 0) {
            return null;
        }
        float[] means = new float[columns];
        for (int i = 0; i < columns; i++) {
            means[i] = sums[at * columns + i] / count;
        }
        return means;
    }
}
