/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.KernelsTest;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages of keys and values, and attention to them; also run at other vector widths and without the module. */
@Tag("parity")
class AttentionTest {

    private static final int HEADS = 2;

    static Stream<AttentionKernels> kernels() {
        return KernelsTest.kernels().map(Kernels::attention);
    }

    private static KvLayout layout(KvType type, int headSize) {
        KvLayout.Layer layer = new KvLayout.Layer(type, HEADS, headSize, 0);
        return new KvLayout(type, List.of(layer), layer.end());
    }

    private static float[] floats(int count, double size, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (size * random.nextGaussian());
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void weighsValuesByPowersOf2OfScores(AttentionKernels kernels) {
        Random random = new Random(1);
        for (KvType type : KvType.values()) {
            for (int headSize : new int[]{2, 18, 32, 64, 80, 128}) {
                for (int group : new int[]{1, 3, 4}) {
                    compare(kernels, layout(type, headSize), group, 150, 14, random);
                }
            }
        }
    }

    /** The last tokens of a context, together and each alone. */
    private static void compare(AttentionKernels kernels, KvLayout layout, int group, int tokens, int last,
            Random random) {
        KvLayout.Layer layer = layout.layers().getFirst();
        int size = layer.headSize();
        List<KvPage> pages = new ArrayList<>();
        double[][] keys = new double[tokens][];
        double[][] values = new double[tokens][];
        for (int t = 0; t < tokens; t++) {
            if (t % KvLayout.PAGE == 0) {
                pages.add(new KvPage(layout));
            }
            KvPage page = pages.getLast();
            page.writeKey(layer, 1, t % KvLayout.PAGE, floats(size, t % 7 == 0 ? 30 : 1, random), 0);
            page.writeValue(layer, 1, t % KvLayout.PAGE, floats(size, 1, random), 0);
            float[] read = new float[2 * size];
            page.readKey(layer, 1, t % KvLayout.PAGE, read, 0);
            page.readValue(layer, 1, t % KvLayout.PAGE, read, size);
            keys[t] = new double[size];
            values[t] = new double[size];
            for (int d = 0; d < size; d++) {
                keys[t][d] = read[d];
                values[t][d] = read[size + d];
            }
        }
        float[] queries = floats(last * group * size, 1 / Math.sqrt(size), random);
        float[] together = attend(kernels, layout, pages, queries, group, tokens - last, last);
        for (int t = 0; t < last; t++) {
            float[] scratch = new float[group * size];
            System.arraycopy(queries, t * group * size, scratch, 0, scratch.length);
            float[] alone = attend(kernels, layout, pages, scratch, group, tokens - last + t, 1);
            for (int g = 0; g < group; g++) {
                int at = (t * group + g) * size;
                float[] rounded = rounded(queries, at, layout);
                double[] expected = softmax(rounded, 0, keys, values, tokens - last + t + 1);
                double bound = 4 * (1e-6 + 2e-7 * largestScore(rounded, 0, keys))
                        + (layout.type() == KvType.Q8 ? 4e-3 : 0);
                for (int d = 0; d < size; d++) {
                    String where = layout.type() + " " + size + " " + group + " token " + t;
                    assertEquals(expected[d], together[at + d], bound, where);
                    assertEquals(together[at + d], alone[g * size + d], where + " depends on its neighbours");
                }
            }
        }
        pages.forEach(KvPage::release);
    }

    private static float[] attend(AttentionKernels kernels, KvLayout layout, List<KvPage> pages, float[] queries,
            int group, int position, int count) {
        KvLayout.Layer layer = layout.layers().getFirst();
        int size = layer.headSize();
        int vectors = count * group;
        AttentionScratch scratch = new AttentionScratch(Math.max(group, vectors), size + 30);
        scratch.met.shape(layer.width());
        for (int v = 0; v < vectors; v++) {
            System.arraycopy(queries, v * size, scratch.queries, v * layer.width(), size);
        }
        kernels.prepare(layer, scratch, 0, AttentionScratch.filled(vectors));
        for (int p = 0; p < pages.size(); p++) {
            scratch.pages[p] = pages.get(p);
        }
        kernels.meet(pages.size(), layer, 1, 1, scratch, vectors, group, AttentionKernels.ALL, position + 1, 0);
        float[] means = new float[vectors * size];
        for (int v = 0; v < vectors; v++) {
            scratch.met.mean(v, means, v * size, size);
        }
        return means;
    }

    /** A query as kernels take it: rounded, if keys are codes. */
    private static float[] rounded(float[] queries, int at, KvLayout layout) {
        KvLayout.Layer layer = layout.layers().getFirst();
        float[] query = Arrays.copyOfRange(queries, at, at + layer.headSize());
        if (layout.type() == KvType.Q8) {
            AttentionScratch scratch = new AttentionScratch(1, layer.headSize());
            System.arraycopy(query, 0, scratch.queries, 0, query.length);
            scratch.round(layer.width(), 0, 1);
            for (int i = 0; i < query.length; i++) {
                query[i] = scratch.queries[i] * scratch.queryScales[0];
            }
        }
        return query;
    }

    /** With codes of 8 bits all kernels give the same bits, with windows, with several heads and in several spans of pages. */
    @Test
    void allKernelsGiveTheSameBits() {
        Random random = new Random(5);
        for (int headSize : new int[]{18, 32, 64, 80, 96, 128, 256}) {
            KvLayout layout = layout(KvType.Q8, headSize);
            KvLayout.Layer layer = layout.layers().getFirst();
            KvPage[] pages = new KvPage[3];
            for (int p = 0; p < pages.length; p++) {
                pages[p] = new KvPage(layout);
                for (int t = 0; t < KvLayout.PAGE; t++) {
                    for (int head = 0; head < HEADS; head++) {
                        pages[p].writeKey(layer, head, t, floats(headSize, t % 9 == 0 ? 8 : 1, random), 0);
                        pages[p].writeValue(layer, head, t, floats(headSize, t == 5 ? 0 : 1, random), 0);
                    }
                }
            }
            for (int round = 0; round < 12; round++) {
                int group = 1 + random.nextInt(4);
                int vectors = group * (1 + random.nextInt(10));
                int oldest = round % 2 == 0 ? AttentionKernels.ALL : random.nextInt(150) - 20;
                int visible = round == 0 ? 1 : Math.max(1, oldest + 1) + random.nextInt(40);
                float[] queries = floats(HEADS * AttentionScratch.filled(vectors) * layer.width(), round % 3, random);
                List<float[]> all = kernels().map(kernels -> {
                    AttentionScratch scratch = new AttentionScratch(HEADS * AttentionScratch.filled(vectors), headSize);
                    scratch.met.shape(layer.width());
                    System.arraycopy(queries, 0, scratch.queries, 0, queries.length);
                    System.arraycopy(pages, 0, scratch.pages, 0, pages.length);
                    kernels.prepare(layer, scratch, 0, HEADS * AttentionScratch.filled(vectors));
                    kernels.meet(pages.length, layer, 0, HEADS, scratch, vectors, group, oldest, visible, 0);
                    float[] means = new float[HEADS * vectors * headSize];
                    for (int v = 0; v < HEADS * vectors; v++) {
                        scratch.met.mean(v / vectors * AttentionScratch.filled(vectors) + v % vectors, means,
                                v * headSize, headSize);
                    }
                    return means;
                }).toList();
                for (float[] means : all) {
                    assertArrayEquals(all.getFirst(), means, headSize + " " + group + " " + vectors);
                }
            }
            for (KvPage page : pages) {
                page.release();
            }
        }
    }

    /** The sum of |w * a|, by which the rounding of scores grows; values are not larger than about 4. */
    private static double largestScore(float[] query, int at, double[][] keys) {
        double most = 0;
        for (double[] key : keys) {
            double sum = 0;
            for (int d = 0; d < key.length; d++) {
                sum += Math.abs(query[at + d] * key[d]);
            }
            most = Math.max(most, sum);
        }
        return most;
    }

    private static double[] softmax(float[] query, int at, double[][] keys, double[][] values, int tokens) {
        double[] scores = new double[tokens];
        double most = Double.NEGATIVE_INFINITY;
        for (int t = 0; t < tokens; t++) {
            for (int d = 0; d < keys[t].length; d++) {
                scores[t] += query[at + d] * keys[t][d];
            }
            most = Math.max(most, scores[t]);
        }
        double total = 0;
        double[] mean = new double[keys[0].length];
        for (int t = 0; t < tokens; t++) {
            double weight = Math.pow(2, scores[t] - most);
            total += weight;
            for (int d = 0; d < mean.length; d++) {
                mean[d] += weight * values[t][d];
            }
        }
        for (int d = 0; d < mean.length; d++) {
            mean[d] /= total;
        }
        return mean;
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void whatIsReadAndWrittenAgainIsTheSame(KvType type) {
        Random random = new Random(2);
        for (int headSize : new int[]{2, 18, 64, 80}) {
            KvLayout layout = layout(type, headSize);
            KvLayout.Layer layer = layout.layers().getFirst();
            KvPage first = new KvPage(layout);
            KvPage second = new KvPage(layout);
            for (int round = 0; round < 40; round++) {
                for (int t = 0; t < KvLayout.PAGE; t++) {
                    double magnitude = t == 0 ? 0 : Math.pow(2, type == KvType.F16 ? t % 20 - 10 : 3 * t - 110);
                    float[] values = floats(headSize, magnitude, random);
                    float[] read = new float[headSize];
                    first.writeKey(layer, 1, t, values, 0);
                    first.readKey(layer, 1, t, read, 0);
                    second.writeKey(layer, 1, t, read, 0);
                    first.writeValue(layer, 0, t, values, 0);
                    first.readValue(layer, 0, t, read, 0);
                    second.writeValue(layer, 0, t, read, 0);
                    near(type, values, read);
                }
                assertArrayEquals(first.data().toArray(ValueLayout.JAVA_BYTE),
                        second.data().toArray(ValueLayout.JAVA_BYTE));
            }
            first.release();
            second.release();
        }
    }

    private static void near(KvType type, float[] values, float[] read) {
        float most = 0;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        double step = switch (type) {
            case F32 -> 0;
            case F16 -> most / 2048;
            case Q8 -> most / 127 * (0.5 + 0x1p-9) + 0x1p-96;
        };
        for (int i = 0; i < values.length; i++) {
            assertTrue(Math.abs(values[i] - read[i]) <= step, values[i] + " became " + read[i]);
        }
    }

    @Test
    void aTokenOfLfm25TakesAByteAValueAndTwoAHeadInEightBits() {
        KvLayout.Layer layer = new KvLayout.Layer(KvType.Q8, 8, 64, 0);
        assertEquals(6_336, 6 * layer.end() / KvLayout.PAGE);
    }

    /** Scores of large numbers overflow: what got minus infinity has no weight, also where nothing else was met before it. */
    @ParameterizedTest
    @MethodSource("kernels")
    void whatOverflowedToMinusInfinityHasNoWeight(AttentionKernels kernels) {
        int size = 32;
        for (KvType type : List.of(KvType.F32, KvType.Q8)) {
            KvLayout layout = layout(type, size);
            KvLayout.Layer layer = layout.layers().getFirst();
            List<KvPage> pages = List.of(new KvPage(layout), new KvPage(layout));
            int tokens = 2 * KvLayout.PAGE;
            float[] key = new float[size];
            float[] values = new float[size];
            for (int t = 0; t < tokens; t++) {
                boolean last = t == tokens - 1;
                Arrays.fill(key, last ? 0 : -1e30f);
                Arrays.fill(values, last ? 3 : 5);
                pages.get(t / KvLayout.PAGE).writeKey(layer, 1, t % KvLayout.PAGE, key, 0);
                pages.get(t / KvLayout.PAGE).writeValue(layer, 1, t % KvLayout.PAGE, values, 0);
            }
            float[] queries = new float[size];
            Arrays.fill(queries, 1e30f);
            float[] got = attend(kernels, layout, pages, queries, 1, tokens - 1, 1);
            for (float one : got) {
                assertEquals(3, one, 0.02f, type.toString());
            }
        }
    }

    @Test
    void powersOf2AreExactEnough() {
        for (int i = 0; i < 12_600; i++) {
            double exact = Math.pow(2, -i / 100f);
            assertEquals(exact, PowersOfTwo.exp2(-i / 100f), exact * 4e-7);
        }
        assertEquals(0, PowersOfTwo.exp2(Float.NEGATIVE_INFINITY));
        assertEquals(1, PowersOfTwo.exp2(0));
    }
}
