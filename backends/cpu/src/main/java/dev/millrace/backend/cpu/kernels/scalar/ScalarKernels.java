/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.scalar;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.ScaleScratch;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Plain Java: needs no flag, and is what the SIMD kernels are compared with. Loops over lanes are short and of fixed length, so
 * that the compiler can turn them into SIMD by itself.
 */
public final class ScalarKernels implements Kernels {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int L = 16;

    private final AttentionKernels attention = new ScalarAttention();

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public String description() {
        return "plain Java";
    }

    @Override
    public void rehearse() {
        // plain Java looks nothing up
    }

    @Override
    public int lanes() {
        return L;
    }

    @Override
    public Packing packing(TensorType type, int columns) {
        return Packing.of(type, columns);
    }

    @Override
    public void row(Matrix matrix, int row, ScaleScratch scratch, float[] into, int at) {
        decodeRow(matrix, row, scratch, into, at);
    }

    /** Decodes one row of a matrix of any number of lanes. */
    public static void decodeRow(Matrix matrix, int row, ScaleScratch scratch, float[] into, int at) {
        int lanes = matrix.lanes();
        int block = matrix.packing().block();
        int group = row / lanes;
        int lane = row % lanes;
        decode(matrix, group, scratch);
        for (int column = 0; column < matrix.columns(); column++) {
            int scale = column / block * lanes + lane;
            into[at + column] = value(matrix, group, lane, column, scratch, scale);
        }
    }

    @Override
    public Activations.Form form(Packing packing, int count) {
        return count < 4 ? Activations.Form.PAIRS : Activations.Form.PAIR_TILES;
    }

    @Override
    public void scales(Matrix matrix, int group, ScaleScratch scratch) {
        decode(matrix, group, scratch);
    }

    /** Decodes the scales of a group of any number of lanes. */
    static void decode(Matrix matrix, int group, ScaleScratch scratch) {
        Packing packing = matrix.packing();
        int lanes = matrix.lanes();
        for (int b = 0; b < matrix.blocks(); b++) {
            int column = b * packing.block();
            int in = column % packing.section() / packing.block();
            long scales = matrix.offset(group, packing.scaleLine(column));
            boolean supers = packing.scales() == Packing.Scales.SUPER;
            long superBlock = supers ? matrix.offset(group, packing.superLine(column)) : 0;
            for (int lane = 0; lane < lanes; lane++) {
                int to = b * lanes + lane;
                long at = scales + 4L * lane;
                long minimum = at + 4L * lanes;
                long over = superBlock + 4L * lane;
                scratch.scales[to] = switch (packing.scales()) {
                    case HALF -> half(matrix, at + 2L * in);
                    case SUPER -> half(matrix, over) * matrix.data().get(ValueLayout.JAVA_BYTE, at + in);
                    case FLOAT -> Float.intBitsToFloat(matrix.data().get(INT, at));
                    case NONE -> throw new IllegalArgumentException(matrix.name() + " has no blocks");
                };
                if (packing.minima()) {
                    scratch.minima[to] = supers
                            ? -half(matrix, over + 2) * matrix.data().get(ValueLayout.JAVA_BYTE, minimum + in)
                            : half(matrix, minimum + 2L * in);
                }
            }
        }
    }

    private static float half(Matrix matrix, long at) {
        return Float.float16ToFloat(matrix.data().get(SHORT, at));
    }

    @Override
    public void quantise(float[] x, int from, Activations into, Activations.Place place, int vector,
            QuadScratch memory) {
        int[] scratch = memory.block;
        for (int block = 0; block < place.columns / Activations.BLOCK; block++) {
            int at = from + block * Activations.BLOCK;
            float largest = 0;
            for (int i = 0; i < Activations.BLOCK; i++) {
                largest = Math.max(largest, Math.abs(x[at + i]));
            }
            float inverse = largest == 0 ? 0 : 127 / largest;
            for (int i = 0; i < Activations.BLOCK; i += 2) {
                int even = Float.floatToRawIntBits(x[at + i] * inverse + ScalarActivations.ROUND);
                int odd = Float.floatToRawIntBits(x[at + i + 1] * inverse + ScalarActivations.ROUND);
                scratch[Activations.PAIRS + i / 2] = (even & 0xffff) | (odd << 16);
            }
            into.put(place, vector, block, scratch, largest / 127);
        }
    }

    /** Adds what minima contribute: {@code y[lane] += sum over blocks of minimum * total}. */
    private static void minima(Matrix matrix, float[] minima, Activations x, Activations.Place place, int vector,
            float[] y, int at) {
        for (int i = 0; i < L; i++) {
            float low = 0;
            for (int column = 0; column < place.columns; column += place.block) {
                float total = x.totals[place.total(vector) + column / place.block * place.width];
                low = Fused.fma(minima[column / matrix.packing().block() * L + i], total, low);
            }
            y[at + i] += low;
        }
    }

    @Override
    public void integers(Matrix matrix, int first, int groups, ScaleScratch scratch, Activations x,
            Activations.Place place, int vector, float[] y, int at) {
        for (int group = 0; group < groups; group++) {
            integers(matrix, first + group, scratch, x, place, vector, y, at + group * L);
        }
    }

    private void integers(Matrix matrix, int group, ScaleScratch scratch, Activations x, Activations.Place place,
            int vector, float[] y, int at) {
        Packing packing = matrix.packing();
        int run = packing.run();
        int pair = place.pair(vector);
        decode(matrix, group, scratch);
        for (int i = 0; i < L; i++) {
            y[at + i] = 0;
        }
        for (int column = 0; column < matrix.columns(); column += run) {
            float inputScale = x.scales[place.scale(vector) + column / Activations.BLOCK];
            int scale = column / packing.block() * L;
            long codes = matrix.offset(group, packing.line(column));
            for (int i = 0; i < L; i++) {
                // one lane after the other, since sums of all lanes would be an array for each call
                int sum = switch (packing.codes()) {
                    case NIBBLES -> nibbles(matrix.data(), codes + 4L * i, run / 8, packing.zero(), x.pairs,
                            pair + column / 2);
                    case SIX_BITS -> sixBits(matrix.data(), codes + 4L * i, packing.zero(), x.pairs, pair + column / 2);
                    case BYTES -> bytes(matrix.data(), codes + 4L * i, packing.zero(), x.pairs, pair + column / 2);
                    case FLOAT16, BFLOAT16, FLOATS -> throw new IllegalArgumentException(
                            matrix.name() + " is multiplied as floats");
                };
                y[at + i] = Fused.fma(sum * inputScale, scratch.scales[scale + i], y[at + i]);
            }
        }
        if (packing.minima()) {
            minima(matrix, scratch.minima, x, place, vector, y, at);
        }
    }

    /**
     * The products of a group with integer codes, of any number of lanes, with vectors of floats: what all kernels compute, bit by
     * bit, slowly.
     *
     * @param x vectors, one after the other
     * @param count vectors
     * @return {@code [vector][lane]}
     */
    public static float[] integers(Matrix matrix, int group, float[] x, int count) {
        return integers(matrix, group, x, count, matrix.lanes());
    }

    /**
     * The same for the first lanes only; the other results are zeros.
     *
     * @param rows how many lanes
     */
    public static float[] integers(Matrix matrix, int group, float[] x, int count, int rows) {
        Packing packing = matrix.packing();
        int columns = matrix.columns();
        int lanes = matrix.lanes();
        ScaleScratch scratch = new ScaleScratch(columns, lanes);
        decode(matrix, group, scratch);
        Activations activations = new Activations();
        Activations.Place place = new Activations.Place();
        activations.integers(place, Activations.Form.PAIRS, count, columns, packing);
        activations.makeRoom();
        QuadScratch memory = new QuadScratch();
        for (int v = 0; v < count; v++) {
            new ScalarKernels().quantise(x, v * columns, activations, place, v, memory);
        }
        float[] y = new float[count * lanes];
        // at once, since single values of memory take long before they are compiled, which is when machine code is checked
        int[] ints = matrix.data().asSlice(matrix.offset(group, 0), matrix.groupBytes()).toArray(INT);
        int[] codes = new int[columns];
        for (int lane = 0; lane < rows; lane++) {
            for (int column = 0; column < columns; column++) {
                int at = packing.line(column) * lanes + lane;
                codes[column] = packing.codes() == Packing.Codes.SIX_BITS
                        ? six(ints[at], ints[at + lanes], ints[at + 2 * lanes], column % packing.codes().columns())
                        : code(packing.codes(), ints[at], column);
                codes[column] -= packing.zero();
            }
            for (int v = 0; v < count; v++) {
                y[v * lanes + lane] = row(packing, codes, scratch, lane, lanes, activations, place, v);
            }
        }
        return y;
    }

    private static float row(Packing packing, int[] codes, ScaleScratch scratch, int lane, int lanes, Activations x,
            Activations.Place place, int vector) {
        float y = 0;
        float low = 0;
        int run = packing.run();
        for (int column = 0; column < codes.length; column += run) {
            int sum = 0;
            for (int c = column; c < column + run; c += 2) {
                int both = x.pairs[place.pair(vector) + c / 2];
                sum += codes[c] * (short) both + codes[c + 1] * (both >> 16);
            }
            int scale = column / packing.block() * lanes + lane;
            y = Fused.fma(sum * x.scales[place.scale(vector) + column / Activations.BLOCK], scratch.scales[scale], y);
            if (packing.minima()) {
                low = Fused.fma(scratch.minima[scale], x.totals[place.total(vector) + column / run], low);
            }
        }
        return packing.minima() ? y + low : y;
    }

    private static int nibbles(MemorySegment data, long lane, int units, int zero, int[] pairs, int pair) {
        int sum = 0;
        for (int u = 0; u < units; u++) {
            int x = data.get(INT, lane + 4L * L * u);
            for (int j = 0; j < 4; j++) {
                int both = pairs[pair + 4 * u + j];
                sum += ((x >>> (4 * j) & 15) - zero) * (short) both + ((x >>> (4 * j + 16) & 15) - zero) * (both >> 16);
            }
        }
        return sum;
    }

    private static int bytes(MemorySegment data, long lane, int zero, int[] pairs, int pair) {
        int sum = 0;
        for (int u = 0; u < Activations.BLOCK / 4; u++) {
            int x = data.get(INT, lane + 4L * L * u);
            for (int j = 0; j < 2; j++) {
                int both = pairs[pair + 2 * u + j];
                sum += ((x >>> (8 * j) & 255) - zero) * (short) both
                        + ((x >>> (8 * j + 16) & 255) - zero) * (both >> 16);
            }
        }
        return sum;
    }

    private static int sixBits(MemorySegment data, long lane, int zero, int[] pairs, int pair) {
        int a = data.get(INT, lane);
        int b = data.get(INT, lane + 4L * L);
        int c = data.get(INT, lane + 8L * L);
        int sum = 0;
        for (int j = 0; j < 8; j++) {
            int both = pairs[pair + j];
            sum += (six(a, b, c, 2 * j) - zero) * (short) both + (six(a, b, c, 2 * j + 1) - zero) * (both >> 16);
        }
        return sum;
    }

    /** One of 16 columns in three ints. */
    private static int six(int a, int b, int c, int column) {
        int half = 16 * (column & 1);
        int k = column >> 1;
        return switch (k) {
            case 6 -> ((a >>> (half + 12)) & 15) | (((c >>> (half + 12)) & 3) << 4);
            case 7 -> ((b >>> (half + 12)) & 15) | (((c >>> (half + 14)) & 3) << 4);
            default -> ((k < 2 ? a : k < 4 ? b : c) >>> (half + 6 * (k & 1))) & 63;
        };
    }

    /** The code of a column. */
    private static int code(Matrix matrix, int group, int lane, int column) {
        Packing.Codes codes = matrix.packing().codes();
        long at = matrix.offset(group, matrix.packing().line(column)) + 4L * lane;
        int x = matrix.data().get(INT, at);
        if (codes == Packing.Codes.SIX_BITS) {
            long row = 4L * matrix.lanes();
            return six(x, matrix.data().get(INT, at + row), matrix.data().get(INT, at + 2 * row),
                    column % codes.columns());
        }
        return code(codes, x, column);
    }

    /** The code of a column of nibbles or bytes, in its int. */
    private static int code(Packing.Codes codes, int x, int column) {
        int c = column % codes.columns();
        return switch (codes) {
            case NIBBLES -> (x >>> (16 * (c & 1) + 4 * (c >> 1))) & 15;
            case BYTES -> (x >>> (16 * (c & 1) + 8 * (c >> 1))) & 255;
            case SIX_BITS, FLOAT16, BFLOAT16, FLOATS -> throw new IllegalArgumentException(codes + " of one int");
        };
    }

    /** A weight that is not quantised. */
    private static float plain(Matrix matrix, int group, int lane, int column) {
        Packing.Codes codes = matrix.packing().codes();
        int x = matrix.data().get(INT, matrix.offset(group, matrix.packing().line(column)) + 4L * lane);
        int c = column % codes.columns();
        return switch (codes) {
            case FLOAT16 -> Float.float16ToFloat((short) (x >> (16 * c)));
            case BFLOAT16 -> Float.intBitsToFloat(c == 0 ? x << 16 : x & 0xffff0000);
            case FLOATS -> Float.intBitsToFloat(x);
            case NIBBLES, SIX_BITS, BYTES -> throw new IllegalArgumentException(matrix.name() + " is quantised");
        };
    }

    /**
     * One weight, of a matrix of any number of lanes.
     *
     * @param scratch decoded scales and minima
     * @param scale index of those of the column's block
     */
    static float value(Matrix matrix, int group, int lane, int column, ScaleScratch scratch, int scale) {
        Packing packing = matrix.packing();
        if (!packing.scaled()) {
            return plain(matrix, group, lane, column);
        }
        float value = (code(matrix, group, lane, column) - packing.zero()) * scratch.scales[scale];
        return packing.minima() ? value + scratch.minima[scale] : value;
    }

    @Override
    public void floats(Matrix matrix, int first, int groups, ScaleScratch scratch, float[] x, int from, float[] y,
            int at) {
        for (int group = 0; group < groups; group++) {
            floats(matrix, first + group, scratch, x, from, y, at + group * L);
        }
    }

    private static void floats(Matrix matrix, int group, ScaleScratch scratch, float[] x, int from, float[] y, int at) {
        decode(matrix, group, scratch);
        for (int i = 0; i < L; i++) {
            float sum = 0;
            for (int column = 0; column < matrix.columns(); column++) {
                int scale = column / matrix.packing().block() * L + i;
                sum += value(matrix, group, i, column, scratch, scale) * x[from + column];
            }
            y[at + i] = sum;
        }
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, short[] panel) {
        for (int column = 0; column < count; column++) {
            int to = column / 2 * 2 * L + column % 2;
            for (int i = 0; i < L; i++) {
                panel[to + 2 * i] = (short) (code(matrix, group, i, first + column) - matrix.packing().zero());
            }
        }
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, ScaleScratch scratch, short[] codes,
            float[] panel) {
        for (int column = first; column < first + count; column++) {
            for (int i = 0; i < L; i++) {
                int scale = column / matrix.packing().block() * L + i;
                panel[(column - first) * L + i] = value(matrix, group, i, column, scratch, scale);
            }
        }
    }

    @Override
    public void tiles(Matrix matrix, int group, int count, ScaleScratch scratch, short[] panel, float[] floats,
            Activations x, Activations.Place place, float[] y) {
        decode(matrix, group, scratch);
        Arrays.fill(y, 0, count * L, 0);
        for (int column = 0; column < matrix.columns(); column += PANEL) {
            int columns = Math.min(PANEL, matrix.columns() - column);
            unpack(matrix, group, column, columns, panel);
            for (int v = 0; v < count; v += Activations.TILE) {
                tile(matrix, panel, scratch.scales, column, columns, x, place, v / Activations.TILE,
                        Math.min(Activations.TILE, count - v), y, v * L);
            }
        }
        for (int v = 0; v < count && matrix.packing().minima(); v++) {
            minima(matrix, scratch.minima, x, place, v, y, v * L);
        }
    }

    /** Adds the products of a panel of integers with the vectors of a tile. */
    private static void tile(Matrix matrix, short[] panel, float[] scales, int first, int count, Activations x,
            Activations.Place place, int tile, int vectors, float[] y, int at) {
        Packing packing = matrix.packing();
        int[] sums = new int[L];
        for (int v = 0; v < vectors; v++) {
            int vector = tile * Activations.TILE + v;
            for (int column = first; column < first + count; column += place.block) {
                int pair = place.pair(vector) + column / 2 * place.width;
                for (int i = 0; i < L; i++) {
                    sums[i] = 0;
                }
                for (int k = 0; k < place.block / 2; k++) {
                    int both = x.pairs[pair + k * place.width];
                    add(panel, ((column - first) / 2 + k) * 2 * L, (short) both, both >> 16, sums);
                }
                float inputScale = x.scales[place.scale(vector) + column / Activations.BLOCK * place.width];
                int scale = column / packing.block() * L;
                for (int i = 0; i < L; i++) {
                    y[at + v * L + i] = Fused.fma(sums[i] * inputScale, scales[scale + i], y[at + v * L + i]);
                }
            }
        }
    }

    private static void add(short[] panel, int from, int even, int odd, int[] sums) {
        for (int i = 0; i < L; i++) {
            sums[i] += panel[from + 2 * i] * even + panel[from + 2 * i + 1] * odd;
        }
    }

    @Override
    public void tile(float[] panel, int count, Activations x, Activations.Place place, int tile, int first, int vectors,
            float[] y, int at) {
        for (int v = 0; v < vectors; v++) {
            int from = place.value(tile * Activations.TILE + v) + first * place.width;
            int to = at + v * L;
            for (int k = 0; k < count; k++) {
                float value = x.values[from + k * place.width];
                for (int i = 0; i < L; i++) {
                    y[to + i] += panel[k * L + i] * value;
                }
            }
        }
    }

    @Override
    public void silu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        for (int i = 0; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.silu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    @Override
    public void gelu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        for (int i = 0; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.gelu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    @Override
    public void clampedSwiglu(float alpha, float limit, float[] gate, int gateAt, float[] up, int upAt, int n) {
        for (int i = 0; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.clampedSwiglu(alpha, limit, gate[gateAt + i], up[upAt + i]);
        }
    }
}
