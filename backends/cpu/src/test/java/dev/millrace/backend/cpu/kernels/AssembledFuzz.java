/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Runs machine code on made-up matrices and vectors, of all types and shapes, at any alignment, with values at their ends, and
 * compares every bit with the definition. Matrices end with a page of memory, so that a read behind them is likely to be a fault.
 * Runs in a process of its own, which a mistake would end.
 */
final class AssembledFuzz {

    private static final int MOST_GROUPS = 3;
    private static final int MOST_VECTORS = 19;
    private static final int MOST_COLUMNS = 1024;
    private static final byte CANARY = 0x5a;

    private final List<Kernels> kernels = new ArrayList<>();
    /** Those of attention have the same bits without machine code, too. */
    private final List<Kernels> attending = new ArrayList<>();
    private final MemorySegment memory;
    private final QuadScratch scratch = new QuadScratch();

    private AssembledFuzz(MemorySegment memory) {
        this.memory = memory;
        kernels.addAll(KernelsTest.assembled(new ScalarKernels()));
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            kernels.addAll(KernelsTest.assembled(new VectorKernels()));
            attending.add(new VectorKernels());
        }
        attending.addAll(kernels);
    }

    /** Arguments: rounds, and the seed of the first. Prints the seed of the round that failed, and exits with 1. */
    public static void main(String[] args) throws IOException {
        int rounds = Integer.parseInt(args[0]);
        long seed = Long.parseLong(args[1]);
        Path file = Files.createTempFile("millrace-fuzz", null);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofShared()) {
            AssembledFuzz fuzz = new AssembledFuzz(channel.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20, arena));
            for (int round = 0; round < rounds && !fuzz.kernels.isEmpty(); round++) {
                Random random = new Random(seed + round);
                String wrong = random.nextInt(8) == 0 ? fuzz.attention(random) : fuzz.round(random);
                if (wrong != null) {
                    System.out.println("seed " + (seed + round) + ": " + wrong);
                    System.exit(1);
                }
            }
            System.out.println(rounds + " rounds on " + fuzz.kernels.size() + " sets of kernels");
        } finally {
            Files.delete(file);
        }
    }

    private @Nullable String round(Random random) {
        Kernels some = kernels.get(random.nextInt(kernels.size()));
        TensorType[] types = TensorType.values();
        TensorType type = types[random.nextInt(types.length)];
        Packing packing = Packing.of(type, 2);
        if (!packing.integers()) {
            return null;
        }
        int step = Math.max(32, type.blockSize());
        int columns = step * (1 + random.nextInt(MOST_COLUMNS / step));
        int groups = 1 + random.nextInt(MOST_GROUPS);
        int count = 1 + random.nextInt(MOST_VECTORS);
        Matrix matrix = matrix(packing, groups, columns, some.lanes(), random);
        float[] x = new float[count * columns];
        for (int v = 0; v < count; v++) {
            fill(x, v * columns, columns, random);
        }
        Activations activations = new Activations();
        Activations.Place before = new Activations.Place();
        Activations.Place place = new Activations.Place();
        if (random.nextBoolean()) {
            activations.integers(before, Activations.Form.QUADS, 1 + random.nextInt(3), 32, packing);
        }
        if (some.form(packing, count) != Activations.Form.QUADS) {
            return type + " has no machine code of " + some.description();
        }
        activations.integers(place, Activations.Form.QUADS, count, columns, packing);
        activations.makeRoom();
        activations.words.fill(CANARY);
        for (int v = 0; v < count; v++) {
            some.quantise(x, v * columns, activations, place, v, scratch);
        }
        int first = random.nextInt(groups);
        int taken = 1 + random.nextInt(groups - first);
        String what = type + ", " + groups * some.lanes() + " x " + columns + ", " + count + " vectors, "
                + some.description();
        float[][] expected = new float[taken][];
        for (int g = 0; g < taken; g++) {
            expected[g] = ScalarKernels.integers(matrix, first + g, x, count);
        }
        int lanes = some.lanes();
        for (int tile = 0; tile * Activations.TILE < count; tile++) {
            scratch.results.fill(CANARY);
            some.quads(matrix, first, taken, activations, place, tile, scratch);
            int width = place.tileWidth(tile);
            for (int v = 0; v < width; v++) {
                for (int i = 0; i < taken * lanes; i++) {
                    float got = scratch.results.getAtIndex(ValueLayout.JAVA_FLOAT, (long) v * taken * lanes + i);
                    float wanted = expected[i / lanes][(tile * Activations.TILE + v) * lanes + i % lanes];
                    if (Float.compare(got, wanted) != 0) {
                        return what + ": row " + i + " of vector " + v + " is " + got + ", not " + wanted;
                    }
                }
            }
            for (long at = 4L * width * taken * lanes; at < scratch.results.byteSize(); at++) {
                if (scratch.results.get(ValueLayout.JAVA_BYTE, at) != CANARY) {
                    return what + ": writes behind its results";
                }
            }
        }
        return null;
    }

    /** Some heads and pages of any bits, with queries that see all or a part of them. */
    private @Nullable String attention(Random random) {
        Kernels some = attending.get(random.nextInt(attending.size()));
        int headSize = 1 + random.nextInt(random.nextInt(4) == 0 ? 256 : 80);
        int heads = 1 + random.nextInt(3);
        KvLayout.Layer layer = new KvLayout.Layer(KvType.Q8, heads, headSize, 64L * random.nextInt(3));
        KvLayout layout = new KvLayout(KvType.Q8, List.of(layer), layer.end());
        int group = 1 + random.nextInt(5);
        int vectors = group * (1 + random.nextInt(8));
        int filled = AttentionScratch.filled(vectors);
        int first = random.nextInt(heads);
        int count = 1 + random.nextInt(3);
        int oldest = random.nextBoolean() ? AttentionKernels.ALL : random.nextInt(count * KvLayout.PAGE) - 10;
        int visible = Math.max(0, oldest) + 1 + random.nextInt(count * KvLayout.PAGE);
        float[] queries = new float[(heads - first) * filled * layer.width()];
        for (int v = 0; v < (heads - first) * filled; v++) {
            fill(queries, v * layer.width(), headSize, random);
        }
        KvPage[] pages = new KvPage[count];
        for (int p = 0; p < count; p++) {
            pages[p] = page(layout, random);
        }
        AttentionScratch[] scratch = new AttentionScratch[2];
        for (int i = 0; i < 2; i++) {
            AttentionKernels each = i == 0 ? new ScalarKernels().attention() : some.attention();
            scratch[i] = new AttentionScratch(queries.length / layer.width(), headSize);
            System.arraycopy(queries, 0, scratch[i].queries, 0, queries.length);
            System.arraycopy(pages, 0, scratch[i].pages, 0, count);
            scratch[i].met.shape(layer.width());
            each.prepare(layer, scratch[i], 0, queries.length / layer.width());
            each.meet(count, layer, first, heads - first, scratch[i], vectors, group, oldest, visible, 0);
        }
        for (KvPage page : pages) {
            page.release();
        }
        float[] expected = new float[headSize];
        float[] got = new float[headSize];
        for (int v = 0; v < (heads - first) * vectors; v++) {
            int at = v / vectors * filled + v % vectors;
            scratch[0].met.mean(at, expected, 0, headSize);
            scratch[1].met.mean(at, got, 0, headSize);
            for (int i = 0; i < headSize; i++) {
                // sums of what is no number differ in what they are instead
                if (Float.compare(got[i], expected[i]) != 0
                        && (Float.isFinite(expected[i]) || Float.isFinite(got[i]))) {
                    return "attention of " + vectors + " queries in groups of " + group + ", " + count
                            + " pages, heads of "
                            + headSize + ", " + some.description() + ": " + got[i] + ", not " + expected[i];
                }
            }
        }
        return null;
    }

    private static KvPage page(KvLayout layout, Random random) {
        KvLayout.Layer layer = layout.layers().getFirst();
        KvPage page = new KvPage(layout);
        float[] run = new float[layer.headSize()];
        for (int head = 0; head < layer.heads(); head++) {
            for (int t = 0; t < KvLayout.PAGE; t++) {
                fill(run, 0, run.length, random);
                page.writeKey(layer, head, t, run, 0);
                fill(run, 0, run.length, random);
                page.writeValue(layer, head, t, run, 0);
            }
        }
        return page;
    }

    /** Any bits, with scales that are numbers, at the end of the memory or a little before it. */
    private Matrix matrix(Packing packing, int groups, int columns, int lanes, Random random) {
        long bytes = Matrix.bytes((long) groups * lanes, columns, packing, lanes);
        long at = memory.byteSize() - bytes - 4L * (random.nextBoolean() ? 0 : random.nextInt(64));
        Matrix matrix = new Matrix("fuzz", groups * lanes, columns, packing, lanes, memory.asSlice(at, bytes));
        byte[] bits = new byte[Math.toIntExact(bytes)];
        random.nextBytes(bits);
        if (random.nextInt(4) == 0) {
            byte[] ends = {0, -1, 0x7f, (byte) 0x80, 0x0f, (byte) 0xf0};
            Arrays.fill(bits, ends[random.nextInt(ends.length)]);
        }
        for (int group = 0; group < groups; group++) {
            for (int column = 0; column < columns; column += packing.block()) {
                for (int i = 0; i < packing.scaleLines(); i++) {
                    numbers(bits, (int) matrix.offset(group, packing.scaleLine(column) + i), 4 * lanes);
                }
                if (packing.scales() == Packing.Scales.SUPER) {
                    numbers(bits, (int) matrix.offset(group, packing.superLine(column)), 4 * lanes);
                }
            }
        }
        MemorySegment.copy(bits, 0, matrix.data(), ValueLayout.JAVA_BYTE, 0, bits.length);
        return matrix;
    }

    /** Clears the lowest bit of exponents that would be infinite, in binary16 and binary32. */
    private static void numbers(byte[] bits, int from, int count) {
        for (int i = from + 1; i < from + count; i += 2) {
            if ((bits[i] & 0x7c) == 0x7c) {
                bits[i] &= (byte) ~0x04;
            }
        }
    }

    private static void fill(float[] x, int from, int count, Random random) {
        float size = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> 1e-42f;
            case 2 -> 1e30f;
            default -> 1;
        };
        int kind = random.nextInt(4);
        for (int i = from; i < from + count; i++) {
            x[i] = size * switch (kind) {
                case 0 -> random.nextBoolean() ? 127 : -127;
                case 1 -> (random.nextInt(255) - 127) * 0.5f;
                default -> (float) random.nextGaussian();
            };
        }
    }
}
