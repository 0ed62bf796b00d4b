/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.formats.tensor.ArrayTensor;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files of llama.cpp's {@code llama-imatrix}: in GGUF, with the tensors {@code NAME.in_sum2} and {@code NAME.counts}, or in its first
 * form ({@code .dat}).
 */
public final class ImportanceFile {

    private static final long MOST_BYTES = 1L << 30;
    private static final String SUMS = ".in_sum2";
    private static final String COUNTS = ".counts";

    private ImportanceFile() {
    }

    /**
     * What the matrices in a tensor were multiplied with.
     *
     * @param sums of the squares, by columns, one matrix after the other
     * @param counts how many vectors each matrix has met, one number for each, or one for all
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Squares(float[] sums, float[] counts) {
    }

    /**
     * Reads a file.
     *
     * @param file in either form
     * @return what was measured, by the names of tensors in GGUF
     * @throws MillraceException if it is damaged or of another kind
     */
    public static Map<String, Squares> read(Path file) {
        try (WeightFile opened = new WeightFile(file)) {
            if (opened.size() > MOST_BYTES) {
                throw wrong(file, "it is larger than 1 GiB", null);
            }
            byte[] start = new byte[(int) Math.min(4, opened.size())];
            opened.read(0, ByteBuffer.wrap(start));
            boolean gguf = "GGUF".equals(new String(start, StandardCharsets.ISO_8859_1));
            return gguf ? gguf(file, opened) : dat(file);
        } catch (NoSuchFileException e) {
            throw wrong(file, "there is no such file", e);
        } catch (BufferUnderflowException e) {
            throw wrong(file, "it ends too early", e);
        } catch (IOException e) {
            throw wrong(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, Squares> dat(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int count = in.getInt();
        Map<String, Squares> byTensor = new HashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] name = new byte[length(file, in, in.getInt(), 1)];
            in.get(name);
            int calls = in.getInt();
            float[] values = new float[length(file, in, in.getInt(), 4)];
            in.asFloatBuffer().get(values);
            in.position(in.position() + 4 * values.length);
            byTensor.put(new String(name, StandardCharsets.UTF_8),
                    checked(file, new Squares(values, new float[]{Math.max(1, calls)})));
        }
        return byTensor;
    }

    private static int length(Path file, ByteBuffer in, int stated, int each) {
        if (stated < 0 || stated > in.remaining() / each) {
            throw wrong(file, "it announces more than it holds", null);
        }
        return stated;
    }

    private static Map<String, Squares> gguf(Path file, WeightFile opened) throws IOException {
        GgufHeader header = GgufReader.read(opened);
        if (!"imatrix".equals(header.metadata().get("general.type"))) {
            throw wrong(file, "it is a model, or something else in GGUF, but no importance matrix", null);
        }
        Map<String, float[]> tensors = new HashMap<>();
        for (GgufHeader.Entry entry : header.tensors()) {
            if (entry.type() != TensorType.F32 || !entry.problem().isEmpty()) {
                throw wrong(file, entry.name() + (entry.problem().isEmpty() ? " is not in F32" : " " + entry.problem()),
                        null);
            }
            long count = Arrays.stream(entry.shape()).reduce(1, Math::multiplyExact);
            float[] values = new float[Math.toIntExact(count)];
            new FileTensor(entry.name(), TensorType.F32, 1, count, opened, entry.offset()).read(0, 1, values, 0);
            tensors.put(entry.name(), values);
        }
        Map<String, Squares> byTensor = new HashMap<>();
        tensors.forEach((name, sums) -> {
            if (name.endsWith(SUMS)) {
                String base = name.substring(0, name.length() - SUMS.length());
                float[] counts = tensors.get(base + COUNTS);
                if (counts == null || sums.length % counts.length != 0) {
                    throw wrong(file, base + " has no counts that fit its sums", null);
                }
                byTensor.put(base, checked(file, new Squares(sums, counts)));
            }
        });
        return byTensor;
    }

    private static Squares checked(Path file, Squares squares) {
        for (float[] values : List.of(squares.sums, squares.counts)) {
            for (float value : values) {
                if (!(value >= 0) || Float.isInfinite(value)) {
                    throw wrong(file, "it holds " + value, null);
                }
            }
        }
        return squares;
    }

    private static MillraceException wrong(Path file, String why, @Nullable Exception cause) {
        return new MillraceException("The importance matrix " + file + " cannot be read: " + why + ".", cause);
    }

    /**
     * Writes a file in GGUF, as llama.cpp reads it, too.
     *
     * @param target replaced as a whole or not at all
     * @param byTensor what was measured, by the names of tensors in GGUF
     * @param text what it was measured on, for people
     * @param chunks into how many pieces the text was cut
     * @param chunk tokens of a piece
     * @throws MillraceException if it cannot be written
     */
    public static void write(Path target, Map<String, Squares> byTensor, String text, int chunks, int chunk) {
        GgufMetadata metadata = new GgufMetadata().text("general.type", "imatrix")
                .texts("imatrix.datasets", List.of(text)).number("imatrix.chunk_count", chunks)
                .number("imatrix.chunk_size", chunk);
        List<OutgoingTensor> tensors = new ArrayList<>();
        new TreeMap<>(byTensor).forEach((name, squares) -> {
            int matrices = squares.counts.length;
            tensors.add(tensor(name + SUMS, squares.sums, matrices));
            tensors.add(tensor(name + COUNTS, squares.counts, matrices));
        });
        GgufWriter.write(target, metadata, tensors, written -> {
        }, Progress.NONE);
    }

    private static OutgoingTensor tensor(String name, float[] values, int rows) {
        int columns = values.length / rows;
        return new OutgoingTensor(name, TensorType.F32, new long[]{rows, columns},
                List.of(new ArrayTensor(name, columns, values)));
    }
}
