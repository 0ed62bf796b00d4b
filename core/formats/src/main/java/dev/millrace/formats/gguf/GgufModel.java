/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.architecture.OpenModel;
import dev.millrace.formats.architecture.Settings;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A GGUF file as a model. */
public final class GgufModel {

    private GgufModel() {
    }

    /**
     * Opens a file.
     *
     * @param path a GGUF file
     * @param architectures the families that are present
     * @return the model, closed by the caller
     * @throws ModelFormatException if it is damaged or not supported
     */
    public static ModelFile open(Path path, Architectures architectures) {
        WeightFile file = opened(path);
        try {
            return read(file, architectures);
        } catch (RuntimeException e) {
            closeAfter(file, e);
            throw e;
        }
    }

    /**
     * Reads the vocabulary alone, also from files of architectures that are not known.
     *
     * @param path a GGUF file
     * @return the vocabulary, or empty if it has none
     * @throws ModelFormatException if it is damaged
     */
    public static Optional<VocabularySource.Table> vocabulary(Path path) {
        try (WeightFile file = opened(path)) {
            return new GgufVocabulary(new Settings(path, "", GgufReader.read(file).metadata())).table();
        } catch (IOException e) {
            throw new ModelFormatException(path, "file", "cannot be closed: " + e.getMessage(), e);
        }
    }

    private static WeightFile opened(Path path) {
        try {
            return new WeightFile(path);
        } catch (IOException e) {
            throw new ModelFormatException(path, "file", "cannot be opened: " + e.getMessage(), e);
        }
    }

    private static void closeAfter(WeightFile file, RuntimeException failure) {
        try {
            file.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private static ModelFile read(WeightFile file, Architectures architectures) {
        Path path = file.path();
        GgufHeader header = GgufReader.read(file);
        Settings settings = new Settings(path, "", header.metadata());
        if (settings.integerOr(1, 1, 1 << 16, "split.count") != 1) {
            throw settings.wrong("split.count", "says that the model is split over several files; join them first");
        }
        String name = settings.text("general.architecture")
                .orElseThrow(() -> settings.wrong("general.architecture", "is missing"));
        Architecture architecture = architectures.of(name, settings, "general.architecture");
        WeightTable weights = new WeightTable(path,
                header.tensors().stream().map(entry -> weight(entry, file)).toList());
        Blueprint blueprint = architecture.read(own(settings, header, name, path), weights);
        GgufVocabulary keys = new GgufVocabulary(settings);
        Optional<VocabularySource.Table> table = keys.table();
        if (table.isPresent() && table.get().tokens().size() != blueprint.vocabularySize()) {
            throw settings.wrong("tokenizer.ggml.tokens", "has " + table.get().tokens().size()
                    + " tokens, expected as many as the embedding has rows: " + blueprint.vocabularySize());
        }
        return new OpenModel(path, settings.text("general.name").orElseGet(() -> String.valueOf(path.getFileName())),
                header.metadata(), blueprint, table.map(t -> t), settings.text("tokenizer.chat_template"),
                sampling(settings), keys.endTokens(blueprint.vocabularySize()), weights.unused(), List.of(file));
    }

    /** The keys of the architecture without its name before them. */
    private static Settings own(Settings settings, GgufHeader header, String name, Path path) {
        Map<String, Object> own = new LinkedHashMap<>();
        header.metadata().forEach((key, value) -> {
            if (key.startsWith(name + ".")) {
                own.put(key.substring(name.length() + 1), value);
            }
        });
        if (!own.containsKey("vocab_size") && settings.find("tokenizer.ggml.tokens") instanceof List<?> tokens) {
            own.put("vocab_size", (long) tokens.size());
        }
        return new Settings(path, name + ".", own, Keys.Form.GGUF, name);
    }

    private static WeightTable.Entry weight(GgufHeader.Entry entry, WeightFile file) {
        long rows = 1;
        for (int d = 0; d < entry.shape().length - 1; d++) {
            rows *= entry.shape()[d];
        }
        return WeightTable.Entry.of(new FileTensor(entry.name(), entry.type(), rows,
                entry.shape()[entry.shape().length - 1], file, entry.offset()), entry.shape());
    }

    private static Sampling sampling(Settings s) {
        return new Sampling(s.numberOr(0, 0, 100, "general.sampling.temp"),
                s.integerOr(0, 0, Integer.MAX_VALUE, "general.sampling.top_k"),
                s.numberOr(1, 0, 1, "general.sampling.top_p"), s.numberOr(0, 0, 1, "general.sampling.min_p"),
                s.numberOr(1, 1e-6, 1e6, "general.sampling.penalty_repeat"), OptionalLong.empty());
    }
}
