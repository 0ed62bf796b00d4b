/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.architecture.OpenModel;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A Hugging Face folder as a model. */
public final class HuggingFaceModel {

    /** The hyperparameters. */
    public static final String CONFIG = "config.json";

    private final Path folder;
    private final FolderFiles files;
    private final List<WeightFile> weightFiles = new ArrayList<>();

    private HuggingFaceModel(Path folder) {
        this.folder = folder;
        this.files = new FolderFiles(folder);
    }

    /**
     * Whether a path is such a folder.
     *
     * @param path a file or folder
     * @return true if it looks like one
     */
    public static boolean recognises(Path path) {
        return Files.isRegularFile(path.resolve(CONFIG)) && hasWeights(path);
    }

    /**
     * Opens a folder.
     *
     * @param folder with config.json and safetensors files
     * @param architectures the families that are present
     * @return the model, closed by the caller
     * @throws ModelFormatException if something in it is missing, damaged or not supported
     */
    public static ModelFile open(Path folder, Architectures architectures) {
        HuggingFaceModel model = new HuggingFaceModel(folder);
        try {
            return model.read(architectures);
        } catch (RuntimeException e) {
            for (WeightFile file : model.weightFiles) {
                try {
                    file.close();
                } catch (IOException closing) {
                    e.addSuppressed(closing);
                }
            }
            throw e;
        }
    }

    /**
     * Whether a folder has weights that can be told.
     *
     * @param folder a folder
     * @return true if it has
     */
    public static boolean hasWeights(Path folder) {
        return FolderWeights.find(folder).isPresent();
    }

    private ModelFile read(Architectures architectures) {
        if (!files.has(CONFIG)) {
            throw new ModelFormatException(folder, CONFIG, "is missing");
        }
        Map<?, ?> configMap = files.object(CONFIG);
        KeyTable stated = new KeyTable(folder, CONFIG + ": ", configMap);
        String type = stated.text("model_type").orElseThrow(() -> stated.wrong("model_type", "is missing"));
        Architecture architecture = architectures.of(type, stated, "model_type");
        KeyTable config = new KeyTable(folder, CONFIG + ": ", configMap, Keys.Form.HUGGING_FACE, type);
        List<SafetensorsHeader.Stored> stored = new ArrayList<>(weights());
        List<WeightTable.Entry> entries = Mlx.taken(configMap, stored);
        entries.addAll(Fp8.taken(configMap, stored));
        entries.addAll(Microscaling.joined(stored));
        WeightTable weights = new WeightTable(folder, entries);
        Blueprint blueprint = architecture.read(config, weights);
        FolderText text = FolderText.read(files, config, files.settings(FolderText.GENERATION),
                blueprint.vocabularySize());
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
        configMap.forEach((key, value) -> metadata.put(String.valueOf(key), value));
        return new OpenModel(folder, text.name(), metadata, blueprint, text.vocabulary(),
                text.templates().standard(), text.templates().named(),
                text.sampling(), text.endTokens(), weights.unused(), text.notes(), weights.used(),
                weightFiles);
    }

    private List<SafetensorsHeader.Stored> weights() {
        FolderWeights found = FolderWeights.find(folder)
                .orElseThrow(() -> new ModelFormatException(folder, FolderWeights.WHOLE, "is missing"));
        if (found.index().isPresent()) {
            return indexed(found.index().get());
        }
        List<SafetensorsHeader.Stored> all = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        for (String file : found.files()) {
            for (SafetensorsHeader.Stored entry : SafetensorsHeader.read(opened(file))) {
                String other = names.put(entry.name(), file);
                if (other != null) {
                    throw new ModelFormatException(folder, entry.name(), "lies in " + other + " and in " + file);
                }
                all.add(entry);
            }
        }
        return all;
    }

    private List<SafetensorsHeader.Stored> indexed(String name) {
        Map<?, ?> index = new KeyTable(folder, name + ": ", files.largeObject(name))
                .find("weight_map") instanceof Map<?, ?> map ? map : Map.of();
        List<SafetensorsHeader.Stored> all = new ArrayList<>();
        for (String shard : new TreeSet<>(index.values().stream().map(String::valueOf).toList())) {
            all.addAll(shard(name, shard, index));
        }
        if (all.size() != index.size() || index.isEmpty()) {
            throw new ModelFormatException(folder, name, "names " + index.size()
                    + " tensors in weight_map, but the files hold " + all.size() + " of them");
        }
        return all;
    }

    private List<SafetensorsHeader.Stored> shard(String name, String shard, Map<?, ?> index) {
        // a name with a path could lead out of the folder
        if (!shard.endsWith(".safetensors") || shard.contains("/") || shard.contains("\\")) {
            throw new ModelFormatException(folder, name, "names the file " + shard
                    + ", expected a .safetensors file in the same folder");
        }
        List<SafetensorsHeader.Stored> entries = SafetensorsHeader.read(opened(shard));
        for (SafetensorsHeader.Stored entry : entries) {
            if (!shard.equals(index.get(entry.name()))) {
                throw new ModelFormatException(folder, entry.name(), "lies in " + shard + ", but " + name
                        + " says " + index.get(entry.name()));
            }
        }
        return entries;
    }

    private WeightFile opened(String name) {
        try {
            WeightFile file = new WeightFile(folder.resolve(name));
            weightFiles.add(file);
            return file;
        } catch (NoSuchFileException e) {
            throw new ModelFormatException(folder, name, "is missing; fetch it from where the other files come from",
                    e);
        } catch (IOException | InvalidPathException e) {
            throw new ModelFormatException(folder, name, "cannot be opened: " + e.getMessage(), e);
        }
    }
}
