/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.gguf.GgufCopy;
import dev.millrace.formats.gguf.OutgoingTensor;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.formats.quantise.Mixture;
import dev.millrace.formats.quantise.TensorReport;
import dev.millrace.formats.safetensors.HuggingFaceModel;
import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.formats.tensor.BlockEncoder;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns a model in 16 or 32 bits into a GGUF file with fewer. A few rows per thread are in memory at a time. The same source gives
 * the same bytes, whatever the number of threads.
 */
public final class Quantiser {

    private final Mixture mixture;
    private final Importance importance;
    private final int threads;
    private final Map<String, Loss> losses = new ConcurrentHashMap<>();

    /** Sums of squares of what was lost and of what was there. */
    private static final class Loss {

        private double lost;
        private double all;

        synchronized void add(double lostNow, double allNow) {
            lost += lostNow;
            all += allNow;
        }

        synchronized double relative() {
            return all == 0 ? 0 : Math.sqrt(lost / all);
        }
    }

    /**
     * A quantiser.
     *
     * @param mixture which type each tensor gets
     * @param importance what matters, or {@link Importance#NONE}
     * @param threads that compute, 1 or more
     */
    public Quantiser(Mixture mixture, Importance importance, int threads) {
        this.mixture = mixture;
        this.importance = importance;
        this.threads = threads;
    }

    /**
     * Quantises. Called once.
     *
     * @param source a Hugging Face folder, or a GGUF file in F32, F16 or BF16
     * @param out the GGUF file; replaced as a whole or not at all
     * @param progress told of every few rows; may stop the work by throwing
     * @return what became of each tensor, in the order of the file
     * @throws ModelFormatException if the source is damaged or not supported
     * @throws MillraceException if it is quantised already, or the file cannot be written
     */
    public List<TensorReport> quantise(Path source, Path out, Progress progress) {
        List<OutgoingTensor> written = new ArrayList<>();
        if (Files.isDirectory(source) && HuggingFaceModel.recognises(source)) {
            try (ModelFile model = HuggingFaceModel.open(source, new Architectures(List.of()))) {
                // what MLX has packed into 4 bits or less may have to become smaller still
                Converter.export(source, model).write(out, mixture.fileType(), tensors -> typed(tensors, written),
                        this::encode, threads, progress);
            }
        } else {
            GgufCopy.write(source, out, mixture.fileType(), tensors -> {
                check(tensors);
                return typed(tensors, written);
            }, this::encode, threads, progress);
        }
        return written.stream().map(this::report).toList();
    }

    private static void check(List<OutgoingTensor> tensors) {
        for (OutgoingTensor tensor : tensors) {
            TensorType type = tensor.parts().getFirst().type();
            // some models come with their experts in it, and nothing finer is to be had
            if (type.isQuantised() && type != TensorType.MXFP4) {
                throw new MillraceException(tensor.name() + " is in " + type
                        + " already, and what that has lost does not come back: take the model in 16 bits.");
            }
        }
    }

    private List<OutgoingTensor> typed(List<OutgoingTensor> tensors, List<OutgoingTensor> written) {
        written.clear();
        written.addAll(mixture.of(tensors, !importance.isEmpty()));
        return written;
    }

    private void encode(OutgoingTensor tensor, long row, float[] values, int count, ByteBuffer into) {
        int columns = (int) tensor.shape()[tensor.shape().length - 1];
        long rowsPerMatrix = tensor.shape().length < 2 ? 1 : tensor.shape()[tensor.shape().length - 2];
        int start = into.position();
        int blocksPerRow = columns / tensor.type().blockSize();
        float[] back = new float[columns];
        byte[] stored = new byte[(int) tensor.type().bytes(columns)];
        double lost = 0;
        double all = 0;
        for (int at = 0; at < count; at += columns) {
            float[] rowValues = Arrays.copyOfRange(values, at, at + columns);
            int matrix = (int) ((row + at / columns) / rowsPerMatrix);
            BlockEncoder.encode(tensor.type(), rowValues, columns, importance.of(tensor.name(), matrix, columns), into);
            into.get(start + (int) tensor.type().bytes(at), stored);
            BlockDecoder.decode(tensor.type(), stored, 0, blocksPerRow, back, 0);
            for (int i = 0; i < columns; i++) {
                double error = (double) rowValues[i] - back[i];
                lost += error * error;
                all += (double) rowValues[i] * rowValues[i];
            }
        }
        losses.computeIfAbsent(tensor.name(), any -> new Loss()).add(lost, all);
    }

    private TensorReport report(OutgoingTensor tensor) {
        Loss loss = losses.get(tensor.name());
        long values = 1;
        for (long size : tensor.shape()) {
            values *= size;
        }
        return new TensorReport(tensor.name(), tensor.parts().getFirst().type(), tensor.type(), values,
                tensor.type().bytes(values), loss == null ? 0 : loss.relative());
    }
}
