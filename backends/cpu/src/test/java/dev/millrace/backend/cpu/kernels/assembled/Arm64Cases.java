/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kernels.scalar.ScalarAttention;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Writes arm64 kernels with inputs and the results of the scalar kernels into a file, for {@code run-arm64.c} to run and to compare them
 * on a processor or an emulator: see docs/backends/cpu.md. Arguments: the file, rounds over all packings and widths of heads, and
 * the instruction set, {@code neon-dotprod} or {@code neon-i8mm}.
 */
final class Arm64Cases {

    private static final int ARGUMENT_BYTES = 1024;
    private static final int[] WIDTHS = {32, 64, 96, 128, 256};

    private final InstructionSet set;
    private final Random random = new Random(1);
    private final OutputStream out;
    private int cases;

    private Arm64Cases(InstructionSet set, OutputStream out) {
        this.set = set;
        this.out = out;
    }

    /** Writes the file. */
    public static void main(String[] args) throws IOException {
        InstructionSet set = InstructionSet.valueOf(args[2].toUpperCase(Locale.ROOT).replace('-', '_'));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(args[0])))) {
            Arm64Cases all = new Arm64Cases(set, out);
            for (int round = 0; round < Integer.parseInt(args[1]); round++) {
                for (TensorType type : TensorType.values()) {
                    Packing packing = Packing.of(type, 2);
                    for (int count = 1; packing.integers() && count <= Activations.TILE; count++) {
                        all.products(packing, round % 2 == 0 ? 8 : 16, count);
                    }
                }
                for (int width : WIDTHS) {
                    for (int count = 1; count <= 3; count++) {
                        all.attention(width, count);
                    }
                }
            }
            System.out.println(all.cases + " cases");
        }
    }

    private void write(Arm64Case one) throws IOException {
        one.write(out);
        cases++;
    }

    private void products(Packing packing, int lanes, int count) throws IOException {
        int step = packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : Activations.BLOCK;
        int columns = step * (1 + random.nextInt(4));
        int groups = 1 + random.nextInt(3);
        Arm64Assembler assembler = new Arm64Assembler();
        int begin = Arm64ProductCode.functions(assembler, packing, lanes, set)[count - 1];
        byte[] bits = new byte[Math.toIntExact(Matrix.bytes((long) groups * lanes, columns, packing, lanes))];
        random.nextBytes(bits);
        for (int i = 1; i < bits.length; i += 2) {
            bits[i] &= (byte) 0xbf; // scales are numbers then; codes are any but for one bit
        }
        float[] x = new float[count * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        Activations activations = new Activations();
        Activations.Place place = new Activations.Place();
        activations.integers(place, Activations.Form.QUADS, count, columns, packing);
        activations.makeRoom();
        for (int v = 0; v < count; v++) {
            new ScalarKernels().quantise(x, v * columns, activations, place, v, new QuadScratch());
        }
        try (Arena arena = Arena.ofConfined()) {
            Matrix matrix = new Matrix("case", groups * lanes, columns, packing, lanes,
                    arena.allocate(bits.length, 64));
            MemorySegment.copy(bits, 0, matrix.data(), ValueLayout.JAVA_BYTE, 0, bits.length);
            float[] results = new float[count * groups * lanes];
            for (int g = 0; g < groups; g++) {
                float[] expected = ScalarKernels.integers(matrix, g, x, count);
                for (int v = 0; v < count; v++) {
                    System.arraycopy(expected, v * lanes, results, (v * groups + g) * lanes, lanes);
                }
            }
            // a function computes as many rows as fill some vectors
            int part = Math.min(2 * 4, lanes);
            for (int row = 0; row < lanes; row += part) {
                float[] some = new float[results.length];
                for (int i = row; i < some.length; i += lanes) {
                    System.arraycopy(results, i, some, i, part);
                }
                Arm64Case one = new Arm64Case(assembler.code(), begin);
                int argument = one.piece(arena.allocate(ARGUMENT_BYTES));
                one.address(argument, ProductCode.WEIGHTS, one.piece(matrix.data()), 4L * row);
                one.number(argument, ProductCode.GROUPS, groups);
                one.number(argument, ProductCode.GROUP_BYTES, matrix.groupBytes());
                one.address(argument, ProductCode.INPUTS,
                        one.piece(activations.words.asSlice(4L * place.tile(0))), 0);
                one.number(argument, ProductCode.BLOCKS,
                        columns / (packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : packing.block()));
                int to = one.piece(arena.allocate(4L * some.length));
                one.address(argument, ProductCode.RESULTS, to, 4L * row);
                one.number(argument, ProductCode.VECTOR_STRIDE, 4L * groups * lanes);
                one.number(argument, ProductCode.GROUP_STRIDE, 4L * lanes);
                one.expect(to, 0, some);
                write(one);
            }
        }
    }

    /** One to three tiles of queries for each of two heads meet a page, of which they see all or a part, or three that they see whole. */
    private void attention(int width, int tiles) throws IOException {
        KvLayout.Layer layer = new KvLayout.Layer(KvType.Q8, 2, width, 0);
        KvLayout layout = new KvLayout(KvType.Q8, List.of(layer), layer.end());
        Arm64Assembler assembler = new Arm64Assembler();
        AttentionFrame.Place place = Arm64AttentionCode.function(assembler, set, width);
        AttentionFrame.Tile tile = new AttentionFrame.Tile(set, width);
        int vectors = tiles * AttentionFrame.QUERIES;
        int all = layer.heads() * vectors;
        boolean whole = random.nextInt(3) == 0;
        int count = whole ? 3 : 1;
        int group = 1 + random.nextInt(vectors);
        int oldest = whole || random.nextBoolean() ? AttentionKernels.ALL : random.nextInt(KvLayout.PAGE);
        int visible = whole ? count * KvLayout.PAGE : 1 + random.nextInt(KvLayout.PAGE);
        AttentionScratch scratch = new AttentionScratch(all, width);
        for (int i = 0; i < all * width; i++) {
            scratch.queries[i] = (float) random.nextGaussian();
        }
        if (random.nextInt(4) == 0) {
            Arrays.fill(scratch.queries, 0, width, random.nextBoolean() ? 1e30f : 0); // weights of one, or all alike
        }
        scratch.met.shape(width);
        new ScalarAttention().prepare(layer, scratch, 0, all);
        MemorySegment memory = scratch.own(AttentionFrame.bytes(tile, all / AttentionFrame.QUERIES));
        KvPage[] pages = new KvPage[count];
        for (int i = 0; i < all; i++) {
            AttentionFrame.query(memory, tile, i, scratch.queries, i * width, scratch.queryScales[i]);
            int more = whole ? 0 : i % vectors / group;
            AttentionFrame.seen(memory, tile, i, place.limits(), oldest + more, visible + more);
        }
        AttentionFrame.heads(memory, tile, layer.heads(), tiles, layer.headBytes());
        AttentionFrame.pages(memory, count);
        for (int p = 0; p < count; p++) {
            pages[p] = page(layout);
            scratch.pages[p] = pages[p];
        }
        new ScalarAttention().meet(count, layer, 0, layer.heads(), scratch, vectors, whole ? vectors : group, oldest,
                visible, 0);
        Arm64Case one = new Arm64Case(assembler.code(), place.begin());
        int argument = one.piece(memory.asSlice(0, AttentionFrame.bytes(tile, all / AttentionFrame.QUERIES)));
        int list = Math.toIntExact(memory.get(ValueLayout.JAVA_LONG, AttentionFrame.PAGES) - memory.address());
        int first = Math.toIntExact(memory.get(ValueLayout.JAVA_LONG, AttentionFrame.FIRST_TILE) - memory.address());
        one.address(argument, AttentionFrame.PAGES, argument, list);
        one.address(argument, AttentionFrame.FIRST_TILE, argument, first);
        for (int p = 0; p < count; p++) {
            one.address(argument, list + 8 * p, one.piece(pages[p].data()), 0);
        }
        for (int i = 0; i < all; i++) {
            int at = first + i / AttentionFrame.QUERIES * tile.bytes();
            int lane = i % AttentionFrame.QUERIES;
            for (int end = 0; end < 2; end++) {
                int limit = at + tile.limits() + 16 * lane + 8 * end;
                one.address(argument, limit, Arm64Case.CODE, memory.get(ValueLayout.JAVA_LONG, limit));
            }
            one.expect(argument, at + tile.largest() + 4L * lane,
                    Arrays.copyOfRange(scratch.met.largest, i, i + 1));
            one.expect(argument, at + tile.totals() + 4L * lane * WeightedSums.TOTALS,
                    Arrays.copyOfRange(scratch.met.totals, i * WeightedSums.TOTALS, (i + 1) * WeightedSums.TOTALS));
            one.expect(argument, at + tile.sums() + 4L * lane * width,
                    Arrays.copyOfRange(scratch.met.sums, i * width, (i + 1) * width));
        }
        write(one);
        for (KvPage page : pages) {
            page.release();
        }
    }

    private KvPage page(KvLayout layout) {
        KvLayout.Layer layer = layout.layers().getFirst();
        KvPage page = new KvPage(layout);
        float[] run = new float[layer.headSize()];
        for (int i = 0; i < layer.heads() * KvLayout.PAGE; i++) {
            for (int j = 0; j < run.length; j++) {
                run[j] = (float) random.nextGaussian();
            }
            page.writeKey(layer, i / KvLayout.PAGE, i % KvLayout.PAGE, run, 0);
            page.writeValue(layer, i / KvLayout.PAGE, (i + 7) % KvLayout.PAGE, run, 0);
        }
        return page;
    }
}
