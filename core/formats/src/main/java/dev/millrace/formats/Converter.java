/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.architecture.ChatTemplates;
import dev.millrace.formats.gguf.GgufExport;
import dev.millrace.formats.safetensors.HuggingFaceModel;
import dev.millrace.formats.safetensors.VocabularyTable;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Turns a Hugging Face folder into one GGUF file, a few rows at a time. The same folder gives the same bytes. */
public final class Converter {

    /** Types that matrices can be given, with ggml's number for a file of them. */
    private static final Map<TensorType, Integer> FILE_TYPES = Map.of(TensorType.F32, 0, TensorType.F16, 1,
            TensorType.Q4_0, 2, TensorType.Q8_0, 7, TensorType.BF16, 32);

    private Converter() {
    }

    /**
     * Types that {@link #convert} can write.
     *
     * @return the types
     */
    public static Set<TensorType> types() {
        return FILE_TYPES.keySet();
    }

    /**
     * Converts.
     *
     * @param folder a Hugging Face folder
     * @param out the GGUF file; replaced as a whole or not at all
     * @param type of the matrices, one of {@link #types()}; rows that its blocks do not divide become F16; matrices that are
     *            quantised already, such as experts in MXFP4, stay as they are; norms, routers, biases and kernels are F32 always
     * @param progress told of every few rows; may stop the work by throwing
     * @throws ModelFormatException if the folder is damaged or not supported
     * @throws MillraceException if there is no folder, or the file cannot be written
     * @throws IllegalArgumentException if the type cannot be written
     */
    public static void convert(Path folder, Path out, TensorType type, Progress progress) {
        Integer fileType = FILE_TYPES.get(type);
        if (fileType == null) {
            throw new IllegalArgumentException(type + " cannot be written; possible are " + types() + ".");
        }
        if (!Files.isDirectory(folder)) {
            throw new MillraceException(notAFolder(folder));
        }
        try (ModelFile model = HuggingFaceModel.open(folder, new Architectures(List.of()))) {
            export(folder, model).write(out, fileType, tensor -> written(tensor, type), progress);
        }
    }

    private static String notAFolder(Path path) {
        if (Files.notExists(path)) {
            return "There is no folder " + path + ": give a Hugging Face folder with safetensors.";
        }
        return new GgufFormat().recognises(path)
                ? path + " is a GGUF file already: it can be used as it is, and \"millrace quantise\" gives its matrices"
                        + " another type."
                : path + " " + Diagnosis.of(path) + ". Only a Hugging Face folder with safetensors can be converted.";
    }

    /** An open folder, ready to be written. */
    static GgufExport export(Path folder, ModelFile model) {
        Blueprint blueprint = model.blueprint();
        Optional<VocabularySource.Table> table = model.vocabulary()
                .map(v -> VocabularyTable.of(folder, (VocabularySource.HuggingFace) v, blueprint.vocabularySize()));
        List<Integer> ends = new ArrayList<>(model.endTokens());
        table.map(VocabularySource.Table::eos).filter(OptionalInt::isPresent).map(OptionalInt::getAsInt)
                .filter(ends::remove).ifPresent(ends::addFirst);
        return new GgufExport(model.name(), blueprint, table.map(t -> ending(t, ends)),
                padding(model, blueprint.vocabularySize()), ends,
                new ChatTemplates(model.chatTemplate(), model.namedTemplates(), List.of()), model.sampling());
    }

    private static TensorType written(Tensor tensor, TensorType type) {
        if (tensor.type().isQuantised()) {
            return tensor.type();
        }
        return tensor.columns() % type.blockSize() == 0 ? type : TensorType.F16;
    }

    /** A vocabulary whose end token is the first that ends an answer. */
    private static VocabularySource.Table ending(VocabularySource.Table t, List<Integer> ends) {
        OptionalInt eos = ends.isEmpty() ? t.eos() : OptionalInt.of(ends.getFirst());
        return new VocabularySource.Table(t.model(), t.pre(), t.tokens(), t.types(), t.scores(), t.merges(), t.bos(),
                eos,
                t.unknown(), t.addSpacePrefix(), t.addBos());
    }

    private static OptionalInt padding(ModelFile model, int size) {
        return model.metadata().get("pad_token_id") instanceof Long id && id >= 0 && id < size
                ? OptionalInt.of(id.intValue())
                : OptionalInt.empty();
    }
}
