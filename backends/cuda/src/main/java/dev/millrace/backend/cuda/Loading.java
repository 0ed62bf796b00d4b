/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Brings the weights of a blueprint to a device, piece by piece, and repacks them there. */
final class Loading implements AutoCloseable {

    /** A multiple of each type's size of 8 blocks, up to which pieces are rounded down. */
    private static final long PIECE = 32L << 20;

    private final Gpu gpu;
    private final Blueprint blueprint;
    private final KvLayout layout;
    private final Progress progress;
    private final MemorySegment staging;
    private final long landing;
    private final long total;
    private long done;

    private Loading(Gpu gpu, Blueprint blueprint, KvLayout layout, Progress progress) {
        this.gpu = gpu;
        this.blueprint = blueprint;
        this.layout = layout;
        this.progress = progress;
        total = blueprint.tensors().stream().mapToLong(Tensor::byteSize).sum();
        long piece = Math.min(PIECE, blueprint.tensors().stream().mapToLong(Tensor::byteSize).max().orElse(1) + 256);
        staging = gpu.allocateHost(piece);
        landing = gpu.allocate(piece);
    }

    static Network load(Gpu gpu, Blueprint blueprint, KvLayout layout, Progress progress) {
        try (Loading loading = new Loading(gpu, blueprint, layout, progress)) {
            return loading.network();
        } catch (IOException e) {
            throw new BackendException("The weights of this " + blueprint.architecture()
                    + " model cannot be read (" + e.getMessage() + ").", e);
        }
    }

    @Override
    public void close() {
        gpu.await();
        gpu.freeHost(staging);
        gpu.free(landing);
    }

    private Network network() throws IOException {
        Matrix embedding = matrix(List.of(blueprint.embedding()), 1);
        List<Network.Layer> layers = new ArrayList<>();
        for (int i = 0; i < blueprint.layers().size(); i++) {
            layers.add(layer(i, blueprint.layers().get(i)));
        }
        // tied embeddings are one handle
        Matrix head = blueprint.head().equals(blueprint.embedding())
                ? embedding
                : matrix(List.of(blueprint.head()), 1);
        return new Network(blueprint, embedding, layers, norm(blueprint.outputNorm()),
                new Projection(List.of(new Projection.Part(head, 0, 0)), head.rows(), head.columns()));
    }

    private Network.Layer layer(int index, Blueprint.Layer layer) throws IOException {
        Network.Mixer mixer = switch (layer.mixer()) {
            case Blueprint.Attention a -> attention(index, a);
            case Blueprint.ShortConv c -> new Network.ShortConv(c.width(), projection(new Blueprint.Linear(c.in())),
                    floats(c.kernel(), 0), projection(new Blueprint.Linear(c.out())), layout.offset(index));
        };
        Network.FeedForward feedForward = switch (layer.feedForward()) {
            case Blueprint.Dense d -> dense(List.of(d));
            case Blueprint.Experts e -> new Network.Experts(e, floats(e.router().weight(), 0),
                    optional(e.router().bias()), optional(e.bias()), dense(e.experts()),
                    e.shared() == null ? null : dense(List.of(e.shared().expert())),
                    e.shared() == null ? 0 : optional(e.shared().gate()));
        };
        return new Network.Layer(norms(layer.mixerNorms()), mixer, norms(layer.feedForwardNorms()), feedForward);
    }

    private Network.Norms norms(Blueprint.Norms norms) throws IOException {
        return new Network.Norms(norm(norms.before()), norm(norms.after()));
    }

    private Network.Attention attention(int index, Blueprint.Attention a) throws IOException {
        long turns = 0;
        long longTurns = 0;
        int original = Integer.MAX_VALUE;
        if (a.position() instanceof Position.Rope rope) {
            turns = turns(rope, ForwardPass.SHORT);
            if (rope.scaling() instanceof Position.Scaling.LongRope scaling) {
                longTurns = turns(rope, ForwardPass.LONG);
                original = scaling.originalContext();
            }
        }
        return new Network.Attention(a, projection(a.query(), a.key(), a.value()), projection(a.output()),
                new Network.QueryKeyNorms(norm(ofHeads(a.queryNorm(), a.headSize(), true)),
                        norm(ofHeads(a.keyNorm(), a.headSize(), true))),
                new Network.QueryKeyNorms(norm(ofHeads(a.queryNorm(), a.headSize(), false)),
                        norm(ofHeads(a.keyNorm(), a.headSize(), false))),
                turns, longTurns, original, optional(a.sinks()), layout.offset(index));
    }

    /** The norm if it is one over each head, or if it is one over all together; else null. */
    private static Blueprint.@Nullable Norm ofHeads(Blueprint.@Nullable Norm norm, int headSize, boolean each) {
        return norm != null && (norm.weight().columns() == headSize) == each ? norm : null;
    }

    private long turns(Position.Rope rope, int length) {
        double[] frequencies = rope.frequencies(length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(8L * frequencies.length, 8);
            for (int i = 0; i < frequencies.length; i++) {
                double turn = frequencies[i] / (2 * Math.PI);
                values.setAtIndex(ValueLayout.JAVA_LONG, i, unsigned(Math.scalb(turn - Math.floor(turn), 64)));
            }
            return upload(values);
        }
    }

    /** A number from 0 to 2^64, which is 0 again. */
    private static long unsigned(double value) {
        double rounded = Math.rint(value);
        return (long) (rounded < 0x1p63 ? rounded : rounded - 0x1p64);
    }

    private Network.Dense dense(List<Blueprint.Dense> experts) throws IOException {
        int inner = Math.toIntExact(experts.getFirst().gate().weight().rows());
        List<Blueprint.Linear> both = experts.stream().flatMap(e -> Stream.of(e.gate(), e.up())).toList();
        Projection input;
        if (both.stream().map(l -> l.weight().type()).distinct().count() == 1) {
            input = stacked(both, 2);
        } else {
            Projection gate = stacked(experts.stream().map(Blueprint.Dense::gate).toList(), 1);
            Projection up = stacked(experts.stream().map(Blueprint.Dense::up).toList(), 1);
            Projection.Part second = up.parts().getFirst();
            input = new Projection(List.of(gate.parts().getFirst(),
                    new Projection.Part(second.matrix(), second.bias(), inner)), 2 * inner, gate.columns());
        }
        return new Network.Dense(input, stacked(experts.stream().map(Blueprint.Dense::down).toList(), 1), inner,
                experts.getFirst().activation());
    }

    /** Maps one after another in memory; so many of them make one matrix. */
    private Projection stacked(List<Blueprint.Linear> maps, int together) throws IOException {
        Matrix matrix = matrix(maps.stream().map(Blueprint.Linear::weight).toList(), together);
        return new Projection(List.of(new Projection.Part(matrix, bias(maps), 0)), matrix.rows(), matrix.columns());
    }

    /** Maps of one input: neighbours of one type become one matrix. */
    private Projection projection(Blueprint.Linear... maps) throws IOException {
        List<Projection.Part> parts = new ArrayList<>();
        int rows = 0;
        for (int from = 0; from < maps.length;) {
            int to = from + 1;
            while (to < maps.length && maps[to].weight().type() == maps[from].weight().type()) {
                to++;
            }
            List<Blueprint.Linear> run = List.of(maps).subList(from, to);
            Matrix matrix = matrix(run.stream().map(Blueprint.Linear::weight).toList(), run.size());
            parts.add(new Projection.Part(matrix, bias(run), rows));
            rows += matrix.rows();
            from = to;
        }
        return new Projection(parts, rows, Math.toIntExact(maps[0].weight().columns()));
    }

    /** Biases one after another, zeros where a map has none; 0 if none has one. */
    private long bias(List<Blueprint.Linear> maps) throws IOException {
        if (maps.stream().allMatch(m -> m.bias() == null)) {
            return 0;
        }
        int rows = maps.stream().mapToInt(m -> Math.toIntExact(m.weight().rows())).sum();
        float[] values = new float[rows];
        int at = 0;
        for (Blueprint.Linear map : maps) {
            Tensor bias = map.bias();
            if (bias != null) {
                read(bias, values, at);
            }
            at += Math.toIntExact(map.weight().rows());
        }
        return upload(values);
    }

    private Network.Norm norm(Blueprint.@Nullable Norm norm) throws IOException {
        if (norm == null) {
            return Network.NO_NORM;
        }
        return new Network.Norm(floats(norm.weight(), norm.onePlus() ? 1 : 0), norm.epsilon());
    }

    private long optional(@Nullable Tensor tensor) throws IOException {
        return tensor == null ? 0 : floats(tensor, 0);
    }

    private long floats(Tensor tensor, float plus) throws IOException {
        float[] values = new float[Math.toIntExact(Math.multiplyExact(tensor.rows(), tensor.columns()))];
        read(tensor, values, 0);
        for (int i = 0; i < values.length && plus != 0; i++) {
            values[i] += plus;
        }
        return upload(values);
    }

    private void read(Tensor tensor, float[] into, int at) throws IOException {
        tensor.read(0, Math.toIntExact(tensor.rows()), into, at);
        report(tensor.byteSize());
    }

    private long upload(float[] values) {
        try (Arena arena = Arena.ofConfined()) {
            return upload(arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
        }
    }

    private long upload(MemorySegment values) {
        long address = gpu.allocate(values.byteSize());
        gpu.toDevice(address, values, values.byteSize());
        gpu.await();
        return address;
    }

    private void report(long bytes) {
        done += bytes;
        progress.update("loading to the device", 0.99 * Math.min(1, done / (double) total));
    }

    /** Matrices of one type one after another; so many of them count as one. */
    private Matrix matrix(List<Tensor> tensors, int together) throws IOException {
        Tensor first = tensors.getFirst();
        TensorType type = first.type();
        long rows = tensors.stream().mapToLong(Tensor::rows).sum();
        Matrix.Planes planes = Matrix.Planes.of(type, rows * first.columns() / 32);
        long one = tensors.subList(0, together).stream().mapToLong(Tensor::rows).sum();
        Matrix matrix = new Matrix(type, Math.toIntExact(one), Math.toIntExact(first.columns()),
                gpu.allocate(planes.codes()), plane(planes.high()), plane(planes.groups()), plane(planes.scales()));
        long block = 0;
        for (Tensor tensor : tensors) {
            upload(tensor, matrix, block);
            block += tensor.rows() * tensor.columns() / 32;
            report(tensor.byteSize());
        }
        return matrix;
    }

    private long plane(long bytes) {
        return bytes == 0 ? 0 : gpu.allocate(bytes);
    }

    private void upload(Tensor tensor, Matrix to, long firstBlock) throws IOException {
        TensorType type = tensor.type();
        // whole groups of 8 blocks of 32, which are the largest blocks of files
        long unit = type.bytes(256);
        long size = tensor.byteSize();
        long most = Math.max(unit, staging.byteSize() / unit * unit);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = tensor.map(arena);
            for (long at = 0; at < size; at += most) {
                long bytes = Math.min(most, size - at);
                MemorySegment.copy(data, at, staging, 0, bytes);
                long block = firstBlock + blocks(type, at);
                if (type.isQuantised()) {
                    long blocks = blocks(type, bytes);
                    gpu.toDevice(landing, staging, bytes);
                    gpu.arguments().pointer(landing).weights(to).wide(block).wide(blocks);
                    gpu.launch("repack_" + type, (blocks + 127) / 128, 1, 1, 128);
                } else {
                    gpu.toDevice(to.codes() + type.bytes(32 * block), staging, bytes);
                }
                gpu.await();
            }
        }
    }

    /** Blocks of 32 values in so many bytes. */
    private static long blocks(TensorType type, long bytes) {
        return type.isQuantised() ? bytes / type.blockBytes() * (type.blockSize() / 32) : bytes / type.bytes(32);
    }
}
