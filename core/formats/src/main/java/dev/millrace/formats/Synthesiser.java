/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.Progress;
import dev.millrace.formats.synthesis.ModelShape;
import dev.millrace.formats.synthesis.Synthesis;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes GGUF files of random weights in real shapes: the real work per token without the real weights. The same arguments
 * give the same bytes.
 */
public final class Synthesiser {

    private Synthesiser() {
    }

    /**
     * Names of shapes.
     *
     * @return what {@link #write} takes
     */
    public static List<String> shapes() {
        return ModelShape.ALL.stream().map(ModelShape::name).toList();
    }

    /**
     * Names of quantisations.
     *
     * @return what {@link #write} takes
     */
    public static List<String> quantisations() {
        return Synthesis.quantisations();
    }

    /**
     * Writes a model.
     *
     * @param shape one of {@link #shapes()}
     * @param quantisation one of {@link #quantisations()}
     * @param seed of the weights
     * @param out the GGUF file; replaced as a whole or not at all
     * @param progress told of every few rows; may stop the work by throwing
     * @throws IllegalArgumentException if shape or quantisation is not known
     * @throws dev.millrace.api.MillraceException if the file cannot be written
     */
    public static void write(String shape, String quantisation, long seed, Path out, Progress progress) {
        ModelShape found = ModelShape.ALL.stream().filter(s -> s.name().equals(shape)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        shape + " is not a known shape; known are " + String.join(", ", shapes()) + "."));
        Synthesis.of(quantisation).write(found, seed, out, progress);
    }
}
