/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.model.WeightSketch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model with a graph: alone, or beside tensors of the same network.
 *
 * @param base the folder's text, with the first program
 * @param programs the graph, or the tensors and the graph
 * @param further what was passed over, beside what the base tells
 */
record GraphModel(ModelFile base, List<Program> programs, List<String> further) implements ModelFile {

    GraphModel {
        programs = List.copyOf(programs);
        further = List.copyOf(further);
    }

    @Override
    public Path path() {
        return base.path();
    }

    @Override
    public String name() {
        return base.name();
    }

    @Override
    public Map<String, @Nullable Object> metadata() {
        return base.metadata();
    }

    @Override
    public Program program() {
        return programs.getFirst();
    }

    @Override
    public List<Path> sources(Program program, String variant) throws IOException {
        return program instanceof Blueprint
                ? base.sources(program, variant)
                : ModelFile.super.sources(program, variant);
    }

    @Override
    public WeightSketch sketch(Program program, String variant) throws IOException {
        if (program instanceof Graph graph) {
            Optional<Graph.Variant> found = graph.variant(variant);
            return found.isPresent() ? GraphSketch.of(found.get().file()) : WeightSketch.NONE;
        }
        return base.sketch(program, variant);
    }

    @Override
    public Optional<VocabularySource> vocabulary() {
        return base.vocabulary();
    }

    @Override
    public Optional<String> chatTemplate() {
        return base.chatTemplate();
    }

    @Override
    public Map<String, String> namedTemplates() {
        return base.namedTemplates();
    }

    @Override
    public void checkWeights() {
        base.checkWeights();
    }

    @Override
    public Sampling sampling() {
        return base.sampling();
    }

    @Override
    public Set<Integer> endTokens() {
        return base.endTokens();
    }

    @Override
    public List<String> unusedTensors() {
        return base.unusedTensors();
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        Stream.concat(base.notes().stream(), further.stream()).distinct().forEach(notes::add);
        return List.copyOf(notes);
    }

    @Override
    public void close() {
        base.close();
    }
}
