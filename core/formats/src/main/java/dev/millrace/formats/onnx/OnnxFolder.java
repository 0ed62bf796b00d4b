/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.OpenModel;
import dev.millrace.formats.safetensors.FolderFiles;
import dev.millrace.formats.safetensors.FolderText;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder with ONNX graphs as a model. Three layouts are known: a Hugging Face folder with {@code onnx/model*.onnx}, one with
 * {@code model*.onnx} beside {@code config.json}, and a folder for onnxruntime-genai with {@code genai_config.json}.
 */
public final class OnnxFolder {

    private static final String CONFIG = "config.json";
    private static final String GRAPHS = "onnx";
    private static final String MERGED = "decoder_model_merged";
    private static final int MAX_SIZE = 1 << 28;
    private static final int MAX_GRAPHS = 64;
    /** Taken where a folder does not tell the context. */
    private static final int DEFAULT_CONTEXT = 2048;
    /** How file names say what their publishers did. */
    private static final Map<String, String> VARIANTS = Map.of("quantized", "q8", "int8", "q8", "uint8", "q8", "",
            "fp32");

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

    /** The files of a folder that hold a graph, by name; merged decoders only where there is nothing else. */
    private static List<Path> graphs(Path folder) {
        List<Path> graphs = graphs(folder, "model");
        return graphs.isEmpty() ? graphs(folder, MERGED) : graphs;
    }

    private static List<Path> graphs(Path folder, String beginning) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().startsWith(beginning)
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
        boolean inside = above != null && !Files.isRegularFile(parent.resolve(CONFIG))
                && (parent.endsWith(GRAPHS) || Files.isRegularFile(above.resolve(GenaiConfig.FILE)));
        return new OnnxFolder(path, above != null && inside ? above : parent).read(List.of(path));
    }

    /**
     * Adds the graph of a folder to its tensors, so that both kinds of backend can run the model.
     *
     * @param tensors the folder, read as tensors
     * @return the same with two programs; with one, and a note, if the graph is not of the same network
     */
    public static ModelFile beside(ModelFile tensors) {
        String problem;
        try (ModelFile other = open(tensors.path())) {
            Program graph = other.program();
            if (graph.vocabularySize() != tensors.program().vocabularySize()
                    || !sizes(graph.stateShapes()).equals(sizes(tensors.program().stateShapes()))) {
                problem = "The ONNX graph has other layers than the tensors, or another vocabulary.";
            } else {
                return new GraphModel(tensors, List.of(tensors.program(), graph), other.notes());
            }
        } catch (ModelFormatException e) {
            problem = e.getMessage();
        }
        return new GraphModel(tensors, List.of(tensors.program()), List.of(GRAPHS + " is passed over: " + problem));
    }

    /**
     * Opens the graph of a folder whose tensors cannot be used.
     *
     * @param path the folder
     * @param problem why the tensors are not used
     * @return the model, closed by the caller, with a note
     * @throws ModelFormatException the problem, if the graph cannot be used either
     */
    public static ModelFile instead(Path path, ModelFormatException problem) {
        try {
            ModelFile graph = open(path);
            return new GraphModel(graph, graph.programs(),
                    List.of("The tensors are passed over: " + problem.getMessage()));
        } catch (ModelFormatException e) {
            problem.addSuppressed(e);
            throw problem;
        }
    }

    /** Without windows: graphs keep all tokens, and look away by themselves. */
    private static List<StateShape> sizes(List<StateShape> shapes) {
        return shapes.stream().map(shape -> shape instanceof StateShape.KeyValues kv
                ? new StateShape.KeyValues(kv.heads(), kv.headSize())
                : shape).toList();
    }

    private ModelFile read(List<Path> asked) {
        Map<?, ?> genai = files.object(GenaiConfig.FILE);
        Map<?, ?> stated = files.object(CONFIG);
        KeyTable config = new KeyTable(files.folder(), (files.has(CONFIG) ? CONFIG : GenaiConfig.FILE) + ": ",
                keys(stated, genai));
        List<Path> graphs = asked.isEmpty() ? graphs(genai) : asked;
        List<ModelFormatException> broken = new ArrayList<>();
        Map<Path, GraphHeader> headers = new LinkedHashMap<>();
        for (Path graph : graphs) {
            try {
                headers.put(graph, GraphHeader.read(graph));
            } catch (ModelFormatException e) {
                broken.add(e);
            }
        }
        boolean encoder = !headers.isEmpty() && headers.values().stream().allMatch(EncoderFolder::is);
        if (!encoder && !headers.isEmpty() && !files.has(CONFIG) && genai.isEmpty()) {
            throw new ModelFormatException(files.folder(), CONFIG, "is missing");
        }
        Variants variants = new Variants(config, genai, encoder);
        headers.forEach((graph, header) -> {
            try {
                variants.add(graph, header);
            } catch (ModelFormatException e) {
                broken.add(e);
            }
        });
        if (variants.good.isEmpty()) {
            throw broken.isEmpty()
                    ? new ModelFormatException(files.folder(), GRAPHS, "holds no model*.onnx")
                    : broken.getFirst();
        }
        List<String> notes = new ArrayList<>(variants.notes);
        broken.forEach(e -> notes.add("A variant is passed over: " + e.getMessage()));
        GraphHeader first = variants.first();
        Program program = encoder
                ? EncoderFolder.read(files, config, first, variants.good)
                : decoder(config, variants, notes);
        return model(program, config, genai, variants, notes);
    }

    private List<Path> graphs(Map<?, ?> genai) {
        if (!genai.isEmpty()) {
            return List.of(GenaiConfig.graph(files.folder(), genai));
        }
        List<Path> graphs = graphs(files.folder().resolve(GRAPHS));
        return graphs.isEmpty() ? graphs(files.folder()) : graphs;
    }

    /** What config.json says, what it says of the part that reads text, and what genai_config.json says: the first counts. */
    private static Map<String, @Nullable Object> keys(Map<?, ?> stated, Map<?, ?> genai) {
        Map<String, @Nullable Object> keys = new LinkedHashMap<>();
        stated.forEach((key, value) -> keys.put(String.valueOf(key), value));
        if (stated.get("text_config") instanceof Map<?, ?> text) {
            text.forEach((key, value) -> keys.putIfAbsent(String.valueOf(key), value));
        }
        GenaiConfig.asConfig(genai).forEach(keys::putIfAbsent);
        return keys;
    }

    private static Graph decoder(KeyTable config, Variants variants, List<String> notes) {
        int context = config.integerOr(0, 1, MAX_SIZE, "max_position_embeddings", "n_positions", "n_ctx",
                "max_sequence_length", "seq_length");
        if (context == 0) {
            notes.add("The folder does not tell the context; " + DEFAULT_CONTEXT + " tokens are taken.");
        }
        return new Graph("onnx", config.text("model_type").orElse("decoder"), variants.vocabulary(),
                config.integerOr(0, 1, MAX_SIZE, "hidden_size", "n_embd", "d_model"),
                context == 0 ? DEFAULT_CONTEXT : context, variants.shapes(), variants.good);
    }

    private ModelFile model(Program program, KeyTable config, Map<?, ?> genai, Variants variants, List<String> notes) {
        KeyTable generation = files.has(FolderText.GENERATION)
                ? files.settings(FolderText.GENERATION)
                : new KeyTable(files.folder(), GenaiConfig.FILE + ": ", genai.get("search") instanceof Map<?, ?> search
                        ? search
                        : Map.of());
        FolderText text = FolderText.read(files, config, generation, program.vocabularySize());
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
        (files.has(CONFIG) ? files.object(CONFIG) : GenaiConfig.asConfig(genai))
                .forEach((key, value) -> metadata.put(String.valueOf(key), value));
        metadata.put("onnx.variants", variants.good.stream().map(Graph.Variant::name).toList());
        ModelFile base = new OpenModel(path, text.name(), metadata, program, text.vocabulary(),
                text.templates().standard(), text.templates().named(), text.sampling(), text.endTokens(), List.of(),
                text.notes(), List.of(), List.of());
        return new GraphModel(base, List.of(program), notes);
    }

    /** The graphs of a folder that can be used, all of one network. */
    private static final class Variants {

        private final KeyTable config;
        private final PortNames names;
        private final boolean encoder;
        private final List<Graph.Variant> good = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private @Nullable GraphHeader first;
        private @Nullable List<StateShape> shapes;
        private int vocabulary;

        Variants(KeyTable config, Map<?, ?> genai, boolean encoder) {
            this.config = config;
            this.names = new PortNames(GenaiConfig.decoder(genai));
            this.encoder = encoder;
            this.vocabulary = config.integerOr(0, 1, MAX_SIZE, "vocab_size");
        }

        GraphHeader first() {
            return Objects.requireNonNull(first, "there is a good one");
        }

        List<StateShape> shapes() {
            return Objects.requireNonNull(shapes, "there is a good one");
        }

        int vocabulary() {
            return vocabulary;
        }

        void add(Path graph, GraphHeader header) {
            Map<String, String> own = names.of(graph, header);
            if (!encoder) {
                decoder(graph, header, own);
            }
            good.add(variant(graph, header, own));
            first = first == null ? header : first;
        }

        private void decoder(Path graph, GraphHeader header, Map<String, String> own) {
            if (header.inputs().keySet().stream().noneMatch(name -> is(name, "input_ids", own))) {
                throw new ModelFormatException(graph, "inputs", header.inputs().keySet().stream()
                        .anyMatch(name -> is(name, "inputs_embeds", own))
                                ? "have inputs_embeds and no input_ids: the embedding is a graph of its own; take an"
                                        + " export with one graph"
                                : "have no input_ids, so this is no language model that reads tokens");
            }
            List<StateShape> caches = new CacheInputs(graph, header, own, config).shapes();
            if (shapes != null && !shapes.equals(caches)) {
                throw new ModelFormatException(graph, "inputs", "differ from those of the other graphs");
            }
            checkVocabulary(graph, header, own);
            shapes = caches;
        }

        private static boolean is(String name, String common, Map<String, String> own) {
            return own.getOrDefault(name, name).equals(common);
        }

        private void checkVocabulary(Path graph, GraphHeader header, Map<String, String> own) {
            GraphHeader.Port logits = null;
            for (Map.Entry<String, GraphHeader.Port> output : header.outputs().entrySet()) {
                logits = is(output.getKey(), "logits", own) ? output.getValue() : logits;
            }
            if (logits == null) {
                throw new ModelFormatException(graph, "outputs", "have no logits");
            }
            if (logits.type() == GraphHeader.BFLOAT16) {
                throw new ModelFormatException(graph, "logits",
                        "are in bfloat16, which is not read; take a variant in fp32, fp16, q8 or q4");
            }
            long size = logits.shape().isEmpty() ? -1 : logits.shape().getLast().size();
            if (vocabulary == 0) {
                if (size < 1 || size > MAX_SIZE) {
                    throw config.wrong("vocab_size", "is missing, and the graph does not tell it either");
                }
                vocabulary = (int) size;
            } else if (size > 0 && size != vocabulary) {
                throw new ModelFormatException(graph, "logits", "have " + size
                        + " values per token, but the configuration has a vocabulary of " + vocabulary);
            }
        }

        private static Graph.Variant variant(Path graph, GraphHeader header, Map<String, String> own) {
            List<Path> weights = new ArrayList<>();
            try {
                long bytes = Files.size(graph);
                for (Map.Entry<String, Long> entry : header.weights().entrySet()) {
                    Path file = data(graph, entry.getKey(), entry.getValue());
                    weights.add(file);
                    bytes += Files.size(file);
                }
                return new Graph.Variant(variantName(graph.getFileName().toString()), graph, weights, bytes, own);
            } catch (IOException e) {
                throw new ModelFormatException(graph, "size", "cannot be read: " + e.getMessage(), e);
            }
        }

        private static Path data(Path graph, String name, long least) throws IOException {
            // a name with a path could lead out of the folder
            if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.equals("..")) {
                throw new ModelFormatException(graph, "external data",
                        "lies in " + name + ", expected a file in the same folder");
            }
            Path file = graph.resolveSibling(name);
            long size = Files.isRegularFile(file) ? Files.size(file) : -1;
            if (size < least) {
                throw new ModelFormatException(graph, "external data", name + " " + (size < 0
                        ? "is missing; download it again"
                        : LfsPointer.is(file)
                                ? LfsPointer.PROBLEM
                                : "is cut off after " + size + " of " + least + " bytes; download it again"));
            }
            return file;
        }
    }

    /** What is left of a file's name without the words that all have: {@code model_q4f16.onnx} is {@code q4f16}. */
    private static String variantName(String file) {
        String rest = file.replaceFirst("\\.onnx$", "").replaceFirst("^(?:" + MERGED + "|model)[_.-]?", "");
        return VARIANTS.getOrDefault(rest, rest);
    }
}
