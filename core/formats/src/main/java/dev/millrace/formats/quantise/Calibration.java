/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.quantise;

import dev.millrace.api.MillraceException;
import dev.millrace.formats.gguf.GgufExport;
import dev.millrace.formats.gguf.ImportanceFile.Squares;
import dev.millrace.formats.gguf.OutgoingTensor;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds up the squares of what the matrices of a model are multiplied with while it reads a text. For one thread. */
public final class Calibration {

    private final Map<String, Sums> byMatrix = new HashMap<>();

    /** Nothing was read yet. */
    public Calibration() {
    }

    private static final class Sums {

        private final double[] squares;
        private long count;

        Sums(int columns) {
            squares = new double[columns];
        }

        void add(float[] values, int at) {
            for (int i = 0; i < squares.length; i++) {
                squares[i] += (double) values[at + i] * values[at + i];
            }
            count++;
        }
    }

    /**
     * Adds a vector.
     *
     * @param matrix the name of its tensor in the blueprint
     * @param values hold the vector
     * @param at index of its first value
     * @param columns how many values it has
     */
    public void add(String matrix, float[] values, int at, int columns) {
        byMatrix.computeIfAbsent(matrix, any -> new Sums(columns)).add(values, at);
    }

    /**
     * What was measured, under the names that the matrices have in GGUF.
     *
     * @param blueprint of the model that has read
     * @return the importance of the columns of each matrix that was multiplied
     * @throws MillraceException if the family has no names in GGUF
     */
    public Importance importance(Blueprint blueprint) {
        Map<String, Squares> byTensor = new HashMap<>();
        for (OutgoingTensor tensor : GgufExport.tensors(blueprint)) {
            int matrices = tensor.shape().length == 3 ? (int) tensor.shape()[0] : 1;
            int columns = (int) tensor.shape()[tensor.shape().length - 1];
            float[] sums = new float[matrices * columns];
            float[] counts = new float[matrices];
            List<Tensor> parts = tensor.parts();
            for (int m = 0; m < matrices; m++) {
                // parts of one matrix, such as query, key and value, are multiplied with the same vectors
                Sums found = byMatrix.get(parts.get(m).name());
                if (found != null && found.squares.length == columns) {
                    counts[m] = found.count;
                    for (int i = 0; i < columns; i++) {
                        sums[m * columns + i] = (float) found.squares[i];
                    }
                }
            }
            for (float count : counts) {
                if (count > 0) {
                    byTensor.put(tensor.name(), new Squares(sums, counts));
                }
            }
        }
        return new Importance(byTensor);
    }
}
