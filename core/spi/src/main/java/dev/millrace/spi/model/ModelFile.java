/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/** An open model file: everything that it says, checked. Safe for use from any thread. */
@ConsumerType
public interface ModelFile extends AutoCloseable {

    /**
     * Where it is.
     *
     * @return the file or folder
     */
    Path path();

    /**
     * What the model calls itself.
     *
     * @return a name, the file's own if it gives none
     */
    String name();

    /**
     * Everything that the file says of itself, for people.
     *
     * @return key to value (see the package description of the API), in the file's order; long lists may be shortened
     */
    Map<String, @Nullable Object> metadata();

    /**
     * The model.
     *
     * @return what it computes; tensors are usable while this file is open
     */
    Program program();

    /**
     * The same network in every way in which it is stored here, each for other backends: the tensors of a folder that holds a graph
     * as well, and that graph.
     *
     * @return {@link #program()} first; all have the same vocabulary, and layers of the same sizes
     */
    default List<Program> programs() {
        return List.of(program());
    }

    /**
     * The files that a program's numbers come from, for {@link ModelIdentity}: weights and what says how to compute with them, not
     * tokenizer and template.
     *
     * @param program one of {@link #programs()}
     * @param variant name of the {@link Graph.Variant} that runs, empty for a blueprint
     * @return in an order that is always the same
     * @throws IOException if the folder cannot be listed
     */
    default List<Path> sources(Program program, String variant) throws IOException {
        if (program instanceof Graph graph) {
            return graph.variant(variant).map(Graph.Variant::files)
                    .orElseGet(() -> graph.variants().stream().flatMap(v -> v.files().stream()).toList());
        }
        try (Stream<Path> all = Files.walk(path(), 2, FileVisitOption.FOLLOW_LINKS)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /**
     * Some of the weights, by which the network is recognised in another file.
     *
     * @param program one of {@link #programs()}
     * @param variant name of the {@link Graph.Variant} that runs, empty for a blueprint
     * @return empty if weights cannot be read
     * @throws IOException if they should be readable and are not
     */
    default WeightSketch sketch(Program program, String variant) throws IOException {
        return program instanceof Blueprint blueprint ? WeightSketch.of(blueprint) : WeightSketch.NONE;
    }

    /**
     * The model with its tensors, for those who read weights.
     *
     * @return the program, if it is a blueprint
     * @throws ModelFormatException if it is a graph
     */
    default Blueprint blueprint() {
        if (program() instanceof Blueprint blueprint) {
            return blueprint;
        }
        throw new ModelFormatException(path(), "weights",
                "they stand in a graph that only its own runtime reads; take the model's GGUF or safetensors file for this");
    }

    /**
     * The vocabulary with its rules.
     *
     * @return empty if the file has none
     */
    Optional<VocabularySource> vocabulary();

    /**
     * How messages become a prompt.
     *
     * @return a Jinja template, or empty if the file has none
     */
    Optional<String> chatTemplate();

    /**
     * Further templates that the file has under names of their own, such as {@code tool_use} for conversations with tools.
     *
     * @return name to Jinja template, in the file's order; without {@link #chatTemplate()}
     */
    default Map<String, String> namedTemplates() {
        return Map.of();
    }

    /**
     * What the makers recommend.
     *
     * @return sampling, greedy if the file says nothing
     */
    Sampling sampling();

    /**
     * Tokens that end an answer.
     *
     * @return ids inside the vocabulary; may be empty
     */
    Set<Integer> endTokens();

    /**
     * Tensors that stand in the file and take no part in what the model computes.
     *
     * @return their names, for people
     */
    default List<String> unusedTensors() {
        return List.of();
    }

    /**
     * What was passed over while reading, such as recommended sampling that cannot be used.
     *
     * @return sentences for people
     */
    default List<String> notes() {
        return List.of();
    }

    /**
     * Looks at samples of the weights for damage that the file's description does not show, such as what a broken download has
     * left out. Called before a model is loaded; reads little.
     *
     * @throws ModelFormatException if the file is damaged
     */
    default void checkWeights() {
        // a format that cannot tell finds nothing
    }

    /** Closes the file. Mappings stay until their arenas close. Closing twice does nothing. */
    @Override
    void close();
}
