/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Sampling;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.Holes;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A model file that has been read, whatever its format.
 *
 * @param path the file or folder
 * @param name what it calls itself
 * @param metadata everything that it says
 * @param program what it computes
 * @param vocabulary its tokens
 * @param chatTemplate its template
 * @param namedTemplates further templates by name
 * @param sampling what the makers recommend
 * @param endTokens ids that end an answer
 * @param unusedTensors names of tensors that the program does not use
 * @param notes what was passed over while reading
 * @param weights the tensors that the program uses, as they lie in the files
 * @param files closed with it
 */
public record OpenModel(Path path, String name, Map<String, @Nullable Object> metadata, Program program,
        Optional<VocabularySource> vocabulary, Optional<String> chatTemplate, Map<String, String> namedTemplates,
        Sampling sampling, Set<Integer> endTokens,
        List<String> unusedTensors, List<String> notes, List<FileTensor> weights,
        List<WeightFile> files) implements ModelFile {

    private static final int SHOWN = 16;
    /** Says how to compute with the tensors of a folder. */
    private static final String CONFIG = "config.json";

    /** Copies the collections and shortens long lists in the metadata. */
    public OpenModel {
        Map<String, @Nullable Object> shortened = new LinkedHashMap<>();
        metadata.forEach((key, value) -> shortened.put(key, shown(value)));
        metadata = Collections.unmodifiableMap(shortened);
        namedTemplates = Collections.unmodifiableMap(new LinkedHashMap<>(namedTemplates));
        endTokens = Collections.unmodifiableSet(new TreeSet<>(endTokens));
        unusedTensors = List.copyOf(unusedTensors);
        notes = List.copyOf(notes);
        weights = List.copyOf(weights);
        files = List.copyOf(files);
    }

    private static @Nullable Object shown(@Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            return value;
        }
        List<@Nullable Object> head = new ArrayList<>();
        for (Object item : list.subList(0, Math.min(SHOWN, list.size()))) {
            head.add(shown(item));
        }
        if (list.size() > SHOWN) {
            head.add("... " + list.size() + " in all");
        }
        return Collections.unmodifiableList(head);
    }

    @Override
    public List<Path> sources(Program one, String variant) throws IOException {
        if (!(one instanceof Blueprint) || files.isEmpty()) {
            return ModelFile.super.sources(one, variant);
        }
        List<Path> sources = new ArrayList<>();
        Path config = path.resolve(CONFIG);
        if (Files.isRegularFile(config)) {
            sources.add(config);
        }
        files.forEach(file -> sources.add(file.path()));
        return List.copyOf(sources);
    }

    @Override
    public void checkWeights() {
        Holes.check(weights);
    }

    @Override
    public void close() {
        MillraceException failure = null;
        for (WeightFile file : files) {
            try {
                file.close();
            } catch (IOException e) {
                failure = new MillraceException(file.path() + " cannot be closed: " + e.getMessage(), e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
