/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Writes a GGUF file again with other types of tensors. All keys stay as they are, also those that nobody here knows. */
public final class GgufCopy {

    private GgufCopy() {
    }

    /**
     * Copies.
     *
     * @param source a GGUF file, or the first of its parts
     * @param out replaced as a whole or not at all
     * @param fileType ggml's number for the mix of types
     * @param typed gives the tensors their types
     * @param encoder makes rows of the new type
     * @param threads that encode
     * @param progress told how far it is
     * @throws ModelFormatException if the source is damaged
     * @throws dev.millrace.api.MillraceException if it cannot be written
     */
    public static void write(Path source, Path out, int fileType, UnaryOperator<List<OutgoingTensor>> typed,
            RowEncoder encoder, int threads, Progress progress) {
        List<WeightFile> files = new ArrayList<>();
        try {
            WeightFile first = open(GgufParts.first(source), files);
            GgufHeader header = GgufReader.read(first);
            GgufMetadata metadata = new GgufMetadata();
            for (GgufHeader.Key key : header.keys()) {
                switch (key.name()) {
                    case "general.file_type", "general.quantization_version", "general.alignment" -> {
                    }
                    default -> {
                        if (!key.name().startsWith("split.")) {
                            metadata.raw(bytes(first, key));
                        }
                    }
                }
            }
            metadata.number("general.file_type", fileType).number("general.quantization_version", 2);
            List<OutgoingTensor> tensors = new ArrayList<>(outgoing(source, header, first));
            int parts = header.metadata().get(GgufParts.COUNT) instanceof Long count && count > 1 && count < 1 << 16
                    ? count.intValue()
                    : 1;
            for (int part = 2; part <= parts; part++) {
                WeightFile file = open(GgufParts.of(first.path(), part, parts), files);
                tensors.addAll(outgoing(source, GgufParts.header(file, part), file));
            }
            GgufWriter.write(out, metadata, typed.apply(tensors), encoder, threads, written -> {
            }, progress);
        } catch (IOException e) {
            throw new ModelFormatException(source, "file", "cannot be read: " + e.getMessage(), e);
        } finally {
            for (WeightFile file : files) {
                close(file);
            }
        }
    }

    private static void close(WeightFile file) {
        try {
            file.close();
        } catch (IOException e) {
            System.getLogger(GgufCopy.class.getName()).log(System.Logger.Level.DEBUG, "not closed", e);
        }
    }

    private static WeightFile open(Path path, List<WeightFile> files) throws IOException {
        WeightFile file = new WeightFile(path);
        files.add(file);
        return file;
    }

    private static byte[] bytes(WeightFile file, GgufHeader.Key key) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(key.to() - key.from())];
        file.read(key.from(), java.nio.ByteBuffer.wrap(bytes));
        return bytes;
    }

    private static List<OutgoingTensor> outgoing(Path source, GgufHeader header, WeightFile file) {
        List<OutgoingTensor> tensors = new ArrayList<>();
        for (GgufHeader.Entry entry : header.tensors()) {
            TensorType type = entry.type();
            if (type == null || !entry.problem().isEmpty()) {
                throw new ModelFormatException(source, entry.name(), entry.problem());
            }
            long rows = 1;
            for (int d = 0; d < entry.shape().length - 1; d++) {
                rows *= entry.shape()[d];
            }
            tensors.add(new OutgoingTensor(entry.name(), type, entry.shape(), List.of(new FileTensor(entry.name(), type,
                    rows, entry.shape()[entry.shape().length - 1], file, entry.offset()))));
        }
        return tensors;
    }
}
