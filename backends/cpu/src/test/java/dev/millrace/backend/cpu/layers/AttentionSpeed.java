/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.KernelsTest;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.threads.Workers;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Measures the inner loop of attention in the shape of LFM2.5-8B-A1B: six layers with 32 heads on 8 key-value heads of 64 values.
 * Arguments: threads, tokens of context, a word in the description of the kernels, a type if only that is wanted, and {@code token} or {@code block} if only that is. With one thread its processor time counts, whatever else runs.
 */
final class AttentionSpeed {

    private static final int KV_HEADS = 8;
    private static final int GROUP = 4;
    private static final int HEAD_SIZE = 64;
    private static final int LAYERS = 6;

    private final AttentionKernels kernels;
    private final KvLayout layout;
    private final List<KvPage> pages = new ArrayList<>();
    private final AttentionMemory memory;
    private final Workers workers;
    private int vectors;
    private KvLayout.Layer layer;

    private AttentionSpeed(AttentionKernels kernels, KvType type, int threads, int context) {
        this.kernels = kernels;
        List<KvLayout.Layer> layers = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < LAYERS; i++) {
            layers.add(new KvLayout.Layer(type, KV_HEADS, HEAD_SIZE, bytes));
            bytes = layers.getLast().end();
        }
        layout = new KvLayout(type, layers, bytes);
        layer = layers.getFirst();
        Random random = new Random(1);
        float[] values = new float[HEAD_SIZE];
        for (int p = 0; p < KvLayout.pages(context); p++) {
            KvPage page = new KvPage(layout);
            pages.add(page);
            for (int head = 0; head < LAYERS * KV_HEADS; head++) {
                for (int t = 0; t < KvLayout.PAGE; t++) {
                    for (int d = 0; d < HEAD_SIZE; d++) {
                        values[d] = (float) random.nextGaussian();
                    }
                    page.writeKey(layers.get(head / KV_HEADS), head % KV_HEADS, t, values, 0);
                    page.writeValue(layers.get(head / KV_HEADS), head % KV_HEADS, t, values, 0);
                }
            }
        }
        List<AttentionScratch> perWorker = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            AttentionScratch scratch = new AttentionScratch(GROUP, HEAD_SIZE);
            for (int j = 0; j < scratch.queries.length; j++) {
                scratch.queries[j] = (float) random.nextGaussian() / 8;
            }
            kernels.prepare(layer, scratch, 0, AttentionScratch.VECTORS);
            perWorker.add(scratch);
        }
        memory = new AttentionMemory(perWorker, new WeightedSums(1, HEAD_SIZE));
        workers = new Workers(threads);
    }

    private void unit(int worker, int unit, int units) {
        AttentionScratch scratch = memory.scratch().get(worker);
        int pagesASpan = AttentionMixer.SPAN / KvLayout.PAGE;
        int heads = vectors == GROUP ? KV_HEADS : 1;
        int head = unit * heads % KV_HEADS;
        int first = unit * heads / KV_HEADS * pagesASpan;
        scratch.met.shape(HEAD_SIZE);
        int count = Math.min(pagesASpan, pages.size() - first);
        for (int p = 0; p < count; p++) {
            scratch.pages[p] = pages.get(first + p);
        }
        kernels.meet(count, layer, head, heads, scratch, vectors, GROUP, AttentionKernels.ALL,
                count * KvLayout.PAGE, 0);
    }

    private double seconds(int block, long nanos) {
        vectors = block;
        int units = (vectors == GROUP ? 1 : KV_HEADS) * AttentionMixer.spans(pages.size() * KvLayout.PAGE);
        long warm = System.nanoTime() + nanos;
        while (System.nanoTime() < warm) {
            token(units);
        }
        List<Double> times = new ArrayList<>();
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            long start = nanos();
            token(units);
            times.add((nanos() - start) / 1e9);
        }
        return times.stream().sorted().skip(times.size() / 4).findFirst().orElseThrow();
    }

    private long nanos() {
        return workers.count() == 1
                ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
                : System.nanoTime();
    }

    /** The layers of a token, one after the other, as pages hold them. */
    private void token(int units) {
        for (KvLayout.Layer each : layout.layers()) {
            layer = each;
            workers.run(this::unit, units);
        }
    }

    /** Prints how fast keys and values are read for one token, and how fast a block of tokens is computed. */
    public static void main(String[] arguments) {
        int threads = Integer.parseInt(arguments[0]);
        int context = Integer.parseInt(arguments[1]);
        AttentionKernels kernels = KernelsTest.kernels().filter(set -> set.description().contains(arguments[2]))
                .findFirst()
                .orElseThrow().attention();
        for (KvType type : arguments.length > 3 ? List.of(KvType.valueOf(arguments[3])) : List.of(KvType.values())) {
            AttentionSpeed speed = new AttentionSpeed(kernels, type, threads, context);
            String what = arguments.length > 4 ? arguments[4] : "both";
            String setup = String.format(Locale.ROOT, "%s, %d threads, %d tokens:", type, threads, context);
            if (!what.equals("block")) {
                double one = speed.seconds(GROUP, 1_500_000_000L);
                double bytes = (double) speed.pages.size() * speed.layout.pageBytes();
                System.out.println(String.format(Locale.ROOT, "%s one token %.2f ms, %.1f GB/s", setup,
                        one * 1e3, bytes / one / 1e9));
            }
            if (!what.equals("token")) {
                double block = speed.seconds(AttentionScratch.VECTORS, 1_500_000_000L);
                double products = 2.0 * LAYERS * context * KV_HEADS * HEAD_SIZE * AttentionScratch.VECTORS;
                System.out.println(String.format(Locale.ROOT, "%s a token of a block %.2f ms, %.1f GMAC/s",
                        setup, block * 1e3 * GROUP / AttentionScratch.VECTORS, products / block / 1e9));
            }
            speed.workers.close();
            speed.pages.forEach(KvPage::release);
        }
    }
}
