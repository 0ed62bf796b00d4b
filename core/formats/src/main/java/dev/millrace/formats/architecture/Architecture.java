/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model family: what it is called in each format, what its tensors are called there, and how its keys are read.
 *
 * @param gguf value of {@code general.architecture}
 * @param huggingFace value of {@code model_type}
 * @param ggufNames tensors in GGUF
 * @param huggingFaceNames tensors in safetensors
 * @param ggufPlan reads the keys {@code <architecture>.*}, given without that prefix
 * @param huggingFacePlan reads config.json
 */
public record Architecture(String gguf, String huggingFace, TensorNames ggufNames, TensorNames huggingFaceNames,
        Reading ggufPlan, Reading huggingFacePlan) {

    private static final List<Architecture> ALL = List.of(Lfm2.DENSE, Lfm2.MOE);

    /** Reads the keys of a file. */
    @FunctionalInterface
    public interface Reading {

        /**
         * Reads the keys.
         *
         * @param settings the keys
         * @param weights the tensors, for sizes that no key states
         * @return the plan
         * @throws dev.millrace.api.ModelFormatException if a key is missing, out of range or not supported
         */
        Hyperparameters read(Settings settings, WeightTable weights);
    }

    /**
     * The family of a GGUF file.
     *
     * @param name value of {@code general.architecture}
     * @return empty if it is not known
     */
    public static Optional<Architecture> ofGguf(String name) {
        return ALL.stream().filter(a -> a.gguf.equals(name)).findFirst();
    }

    /**
     * The family of a Hugging Face folder.
     *
     * @param name value of {@code model_type}
     * @return empty if it is not known
     */
    public static Optional<Architecture> ofHuggingFace(String name) {
        return ALL.stream().filter(a -> a.huggingFace.equals(name)).findFirst();
    }

    /**
     * All names, for messages.
     *
     * @return GGUF's and Hugging Face's
     */
    public static String known() {
        return ALL.stream().flatMap(a -> Stream.of(a.gguf, a.huggingFace)).distinct().collect(Collectors.joining(", "));
    }
}
