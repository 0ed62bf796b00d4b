/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.OpenModel;
import dev.millrace.formats.architecture.Settings;
import dev.millrace.formats.safetensors.FolderFiles;
import dev.millrace.formats.safetensors.FolderText;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.StateShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder with ONNX graphs as a model. Three layouts are known: a Hugging Face folder with {@code onnx/model*.onnx}, one with
 * {@code model*.onnx} beside {@code config.json}, and a folder for onnxruntime-genai with {@code genai_config.json}.
 */
public final class OnnxFolder {

    private static final String CONFIG = "config.json";
    private static final String GRAPHS = "onnx";
    private static final int MAX_SIZE = 1 << 28;
    private static final int MAX_GRAPHS = 64;
    /** How file names say what their publishers did. */
    private static final Map<String, String> VARIANTS = Map.of("model.onnx", "fp32", "model_quantized.onnx", "q8",
            "model_int8.onnx", "q8", "model_uint8.onnx", "q8");

    private final Path path;
    private final FolderFiles files;

    private OnnxFolder(Path path, Path folder) {
        this.path = path;
        this.files = new FolderFiles(folder);
    }

    /**
     * Whether a path is one of the known layouts, or one graph of such a folder.
     *
     * @param path a file or folder
     * @return true if it looks like one
     */
    public static boolean recognises(Path path) {
        if (Files.isRegularFile(path)) {
            return isGraph(path.getFileName().toString());
        }
        if (Files.isRegularFile(path.resolve(GenaiConfig.FILE))) {
            return true;
        }
        return Files.isRegularFile(path.resolve(CONFIG))
                && (!graphs(path.resolve(GRAPHS)).isEmpty() || !graphs(path).isEmpty());
    }

    private static boolean isGraph(String name) {
        return name.endsWith(".onnx");
    }

    /** The files of a folder that hold a graph, by name. */
    private static List<Path> graphs(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().startsWith("model")
                    && isGraph(p.getFileName().toString()) && Files.isRegularFile(p)).limit(MAX_GRAPHS).sorted()
                    .toList();
        } catch (IOException e) {
            throw new ModelFormatException(folder, "folder", "cannot be listed: " + e.getMessage(), e);
        }
    }

    /**
     * Opens a folder, or one graph of it.
     *
     * @param path a folder, or an .onnx file in it
     * @return the model, closed by the caller
     * @throws ModelFormatException if something in it is missing, damaged or not supported
     */
    public static ModelFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            return new OnnxFolder(path, path).read(List.of());
        }
        Path parent = Objects.requireNonNull(path.toAbsolutePath().getParent(), "a file lies in a folder");
        Path above = parent.getParent();
        return new OnnxFolder(path, above != null && parent.endsWith(GRAPHS) ? above : parent).read(List.of(path));
    }

    private ModelFile read(List<Path> asked) {
        Map<?, ?> genai = files.object(GenaiConfig.FILE);
        Map<?, ?> configMap = files.has(CONFIG) ? files.object(CONFIG) : GenaiConfig.asConfig(files.folder(), genai);
        Settings config = new Settings(files.folder(), (files.has(CONFIG) ? CONFIG : GenaiConfig.FILE) + ": ",
                configMap);
        List<Path> graphs = asked;
        if (graphs.isEmpty()) {
            graphs = genai.isEmpty()
                    ? graphs(files.folder().resolve(GRAPHS))
                    : List.of(GenaiConfig.graph(files.folder(), genai));
        }
        if (graphs.isEmpty()) {
            graphs = graphs(files.folder());
        }
        int vocabularySize = config.integer(1, MAX_SIZE, "vocab_size");
        List<Graph.Variant> variants = new ArrayList<>();
        List<StateShape> shapes = null;
        for (Path graph : graphs) {
            GraphHeader header = GraphHeader.read(graph);
            List<StateShape> own = shapes(graph, header, config);
            if (shapes != null && !shapes.equals(own)) {
                throw new ModelFormatException(graph, "inputs",
                        "differ from those of " + graphs.getFirst().getFileName());
            }
            shapes = own;
            checkVocabulary(graph, header, vocabularySize);
            variants.add(variant(graph, header));
        }
        if (shapes == null) {
            throw new ModelFormatException(files.folder(), GRAPHS, "holds no model*.onnx");
        }
        Graph program = new Graph("onnx", config.text("model_type").orElse("decoder"), vocabularySize,
                config.integer(1, MAX_SIZE, "hidden_size"), config.integer(1, MAX_SIZE, "max_position_embeddings"),
                shapes,
                variants);
        Settings generation = files.has(FolderText.GENERATION)
                ? files.settings(FolderText.GENERATION)
                : new Settings(files.folder(), GenaiConfig.FILE + ": ", genai.get("search") instanceof Map<?, ?> search
                        ? search
                        : Map.of());
        FolderText text = FolderText.read(files, config, generation, vocabularySize);
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
        configMap.forEach((key, value) -> metadata.put(String.valueOf(key), value));
        metadata.put("onnx.variants", variants.stream().map(Graph.Variant::name).toList());
        return new OpenModel(path, text.name(), metadata, program, text.vocabulary(), text.chatTemplate(),
                text.sampling(), text.endTokens(), List.of(), text.notes(), List.of());
    }

    private static List<StateShape> shapes(Path graph, GraphHeader header, Settings config) {
        int taps = config.integerOr(0, 2, 64, "conv_L_cache");
        if (!header.inputs().containsKey("input_ids")) {
            throw new ModelFormatException(graph, "inputs",
                    "have no input_ids, so this is no language model that reads tokens");
        }
        return CacheInputs.shapes(header.inputs(), taps == 0 ? OptionalInt.empty() : OptionalInt.of(taps))
                .orElseThrow(() -> new ModelFormatException(graph, "inputs",
                        "have no past_key_values or past_conv of sound shape for every layer; export the model with its caches (text-generation-with-past)"));
    }

    private static void checkVocabulary(Path graph, GraphHeader header, int vocabularySize) {
        List<Long> logits = header.outputs().get("logits");
        if (logits == null) {
            throw new ModelFormatException(graph, "outputs", "have no logits");
        }
        if (!logits.isEmpty() && logits.getLast() > 0 && logits.getLast() != vocabularySize) {
            throw new ModelFormatException(graph, "logits", "have " + logits.getLast()
                    + " values per token, but the configuration has a vocabulary of " + vocabularySize);
        }
    }

    private static Graph.Variant variant(Path graph, GraphHeader header) {
        List<Path> weights = new ArrayList<>();
        try {
            long bytes = Files.size(graph);
            for (Map.Entry<String, Long> entry : header.weights().entrySet()) {
                String name = entry.getKey();
                // a name with a path could lead out of the folder
                if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.equals("..")) {
                    throw new ModelFormatException(graph, "external data",
                            "lies in " + name + ", expected a file in the same folder");
                }
                Path file = graph.resolveSibling(name);
                long size = Files.isRegularFile(file) ? Files.size(file) : -1;
                if (size < entry.getValue()) {
                    throw new ModelFormatException(graph, "external data", (size < 0
                            ? "is missing: "
                            : "is cut off after " + size + " of " + entry.getValue() + " bytes: ") + name
                            + "; download it again");
                }
                weights.add(file);
                bytes += size;
            }
            return new Graph.Variant(variantName(graph.getFileName().toString()), graph, weights, bytes);
        } catch (IOException e) {
            throw new ModelFormatException(graph, "size", "cannot be read: " + e.getMessage(), e);
        }
    }

    private static String variantName(String file) {
        return VARIANTS.getOrDefault(file,
                file.replaceFirst("^model_?", "").replaceFirst("\\.onnx$", "").replaceFirst("^$", "fp32"));
    }
}
