/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Advice;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.architecture.ChatTemplates;
import dev.millrace.formats.architecture.OpenModel;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A GGUF file as a model. */
public final class GgufModel {

    static final String TEMPLATE = "tokenizer.chat_template";

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
        List<WeightFile> files = new ArrayList<>();
        try {
            return read(path, architectures, files);
        } catch (RuntimeException e) {
            for (WeightFile file : files) {
                closeAfter(file, e);
            }
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
        try (WeightFile file = opened(GgufParts.first(path))) {
            return new GgufVocabulary(new KeyTable(path, "", GgufReader.read(file).metadata())).table();
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

    private static ModelFile read(Path path, Architectures architectures, List<WeightFile> files) {
        WeightFile first = opened(GgufParts.first(path));
        files.add(first);
        GgufHeader header = GgufReader.read(first);
        KeyTable settings = new KeyTable(path, "", header.metadata());
        refuseOthers(settings);
        List<WeightTable.Entry> entries = new ArrayList<>(entries(header, first));
        int parts = settings.integerOr(1, 1, 1 << 16, GgufParts.COUNT);
        if (parts > 1 && settings.integerOr(0, 0, 1 << 16, GgufParts.NUMBER) != 0) {
            throw settings.wrong(GgufParts.NUMBER, "says that this is not the first of " + parts
                    + " parts; give the one whose name has -00001-of-");
        }
        for (int part = 2; part <= parts; part++) {
            WeightFile file = opened(GgufParts.of(first.path(), part, parts));
            files.add(file);
            entries.addAll(entries(GgufParts.header(file, part), file));
        }
        String name = settings.text("general.architecture")
                .orElseThrow(() -> settings.wrong("general.architecture", "is missing"));
        Architecture architecture = architectures.of(name, settings, "general.architecture");
        WeightTable weights = new WeightTable(path, entries);
        if (entries.isEmpty()) {
            throw settings.wrong("tensors", "are missing: the file has a vocabulary, but no weights");
        }
        Blueprint blueprint = architecture.read(own(settings, header, name, path), weights);
        Advice advice = new Advice(settings);
        GgufVocabulary keys = new GgufVocabulary(settings);
        Optional<VocabularySource.Table> table = keys.table();
        if (table.isPresent() && table.get().tokens().size() != blueprint.vocabularySize()) {
            throw settings.wrong("tokenizer.ggml.tokens", "has " + table.get().tokens().size()
                    + " tokens, expected as many as the embedding has rows: " + blueprint.vocabularySize());
        }
        ChatTemplates templates = templates(header.metadata());
        List<String> notes = new ArrayList<>(header.notes());
        notes.addAll(templates.notes());
        Sampling sampling = advice.sampling("general.sampling.", "temp", "penalty_repeat", 0, 0);
        Set<Integer> endTokens = keys.endTokens(advice, blueprint.vocabularySize());
        notes.addAll(advice.notes());
        return new OpenModel(path, settings.text("general.name").orElseGet(() -> String.valueOf(path.getFileName())),
                header.metadata(), blueprint, table.map(t -> t), templates.standard(), templates.named(), sampling,
                endTokens, weights.unused(), notes, weights.used(),
                files);
    }

    /** The one for every conversation under the plain key, others under that key, a point and their names. */
    private static ChatTemplates templates(Map<String, Object> metadata) {
        Map<String, String> all = new LinkedHashMap<>();
        metadata.forEach((key, value) -> {
            if (value instanceof String template && key.equals(TEMPLATE)) {
                all.put(ChatTemplates.DEFAULT, template);
            } else if (value instanceof String template && key.startsWith(TEMPLATE + ".")) {
                all.putIfAbsent(key.substring(TEMPLATE.length() + 1), template);
            }
        });
        return ChatTemplates.of(all);
    }

    /** The keys of the architecture without its name before them. */
    private static KeyTable own(KeyTable settings, GgufHeader header, String name, Path path) {
        Map<String, Object> own = new LinkedHashMap<>();
        header.metadata().forEach((key, value) -> {
            if (key.startsWith(name + ".")) {
                own.put(key.substring(name.length() + 1), value);
            }
        });
        if (!own.containsKey("vocab_size") && settings.find("tokenizer.ggml.tokens") instanceof List<?> tokens) {
            own.put("vocab_size", (long) tokens.size());
        }
        return new KeyTable(path, name + ".", own, Keys.Form.GGUF, name);
    }

    /** Files that are GGUF and hold no whole model. */
    private static void refuseOthers(KeyTable settings) {
        String type = settings.text("general.type").orElse("model");
        String family = settings.text("general.architecture").orElse("");
        switch (type.equals("model") ? family : type) {
            case "adapter" ->
                throw settings.wrong("general.type", "is adapter: a LoRA, not a whole model; merge it into its "
                        + "base model and give a GGUF file of that");
            case "mmproj", "clip" -> throw settings.wrong("general.architecture", "is " + family
                    + ": the part of a model that reads images; give the GGUF file of its language model");
            case "imatrix" -> throw settings.wrong("general.type",
                    "is imatrix: data for quantising, not a model; give the model's GGUF file");
            default -> {
            }
        }
    }

    private static List<WeightTable.Entry> entries(GgufHeader header, WeightFile file) {
        return header.tensors().stream().map(entry -> weight(entry, file)).toList();
    }

    private static WeightTable.Entry weight(GgufHeader.Entry entry, WeightFile file) {
        TensorType type = entry.type();
        if (type == null || !entry.problem().isEmpty()) {
            return WeightTable.Entry.unusable(entry.name(), entry.shape(), entry.problem());
        }
        long rows = 1;
        for (int d = 0; d < entry.shape().length - 1; d++) {
            rows *= entry.shape()[d];
        }
        return WeightTable.Entry.of(new FileTensor(entry.name(), type, rows, entry.shape()[entry.shape().length - 1],
                file, entry.offset()), entry.shape());
    }
}
