/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import dev.millrace.api.Progress;
import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.ChatTemplates;
import dev.millrace.formats.gguf.GgufExport;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Mixes of types as published files have them; each writes models. */
public enum Synthesis implements SyntheticModel.Mix {
    /** Everything in float32. */
    F32(TensorType.F32, TensorType.F32, TensorType.F32, 0),
    /** Everything in float16. */
    F16(TensorType.F16, TensorType.F16, TensorType.F16, 1),
    /** Everything in Q8_0. */
    Q8_0(TensorType.Q8_0, TensorType.Q8_0, TensorType.Q8_0, 7),
    /** Q4_0 with a finer embedding. */
    Q4_0(TensorType.Q6_K, TensorType.Q4_0, TensorType.Q4_0, 2),
    /** Q4_K with a finer embedding and finer value and down projections in some layers. */
    Q4_K_M(TensorType.Q6_K, TensorType.Q4_K, TensorType.Q6_K, 15);

    private final TensorType embedding;
    private final TensorType matrix;
    private final TensorType finer;
    private final int fileType;

    Synthesis(TensorType embedding, TensorType matrix, TensorType finer, int fileType) {
        this.embedding = embedding;
        this.matrix = matrix;
        this.finer = finer;
        this.fileType = fileType;
    }

    /**
     * All names.
     *
     * @return lower case
     */
    public static List<String> quantisations() {
        return Arrays.stream(values()).map(s -> s.name().toLowerCase(Locale.ROOT)).toList();
    }

    /**
     * A mix by its name.
     *
     * @param name as in {@link #quantisations()}
     * @return the mix
     * @throws IllegalArgumentException if there is none
     */
    public static Synthesis of(String name) {
        return Arrays.stream(values()).filter(s -> s.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " is not a known quantisation; known are "
                        + String.join(", ", quantisations()) + "."));
    }

    /**
     * Writes a model.
     *
     * @param shape its sizes
     * @param seed of its weights
     * @param out replaced as a whole or not at all
     * @param progress told of every few rows
     */
    public void write(ModelShape shape, long seed, Path out, Progress progress) {
        Blueprint blueprint = new SyntheticModel(shape, this, seed).blueprint();
        VocabularySource.Table table = SyntheticVocabulary.table(shape.tokens());
        new GgufExport(shape.name() + " with random weights", blueprint, Optional.of(table),
                OptionalInt.of(shape.tokens().control()), List.of(table.eos().orElseThrow()),
                new ChatTemplates(Optional.of(SyntheticVocabulary.TEMPLATE), Map.of(), List.of()), Sampling.greedy())
                .write(out, fileType, Tensor::type, progress);
    }

    @Override
    public TensorType embedding() {
        return embedding;
    }

    @Override
    public TensorType matrix() {
        return matrix;
    }

    @Override
    public TensorType value(int index, int count) {
        return isFiner(index, count) ? finer : matrix;
    }

    @Override
    public TensorType down(int index, int count) {
        return isFiner(index, count) ? finer : matrix;
    }

    /** The first and last eighth of the layers and every third between, as llama.cpp chooses them for Q4_K_M. */
    private static boolean isFiner(int index, int count) {
        int eighth = count / 8;
        return index < eighth || index >= 7 * count / 8 || (index - eighth) % 3 == 2;
    }
}
