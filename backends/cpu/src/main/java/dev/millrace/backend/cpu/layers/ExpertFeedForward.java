/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Mixture of experts. Tokens are grouped by expert, so an expert's weights are decoded once for all its tokens: each pick of a
 * token is a slot, and an expert's slots lie side by side.
 */
final class ExpertFeedForward implements LayerPart {

    private final Network.Experts layer;
    private final Resources resources;
    private final Router router;
    private final GateFunction gate;
    private final @Nullable SharedExpert shared;
    private final int experts;
    private final int used;
    private final Rows scoreRows;
    private final Rows inputs = new Rows();
    private final Rows gated;
    private final Rows up;
    private final Rows outputs;
    private final int[] slots;
    private final int[] begin;
    private final Workers.Items combine = this::combine;

    ExpertFeedForward(Network.Experts layer, Resources resources) {
        this.layer = layer;
        this.resources = resources;
        Buffers buffers = resources.buffers();
        experts = layer.experts().size();
        used = layer.shape().used();
        router = new Router(layer, buffers.tokens);
        gate = GateFunction.of(layer.experts().getFirst().activation(), resources.kernels());
        int most = Math.multiplyExact(buffers.tokens, used);
        int inner = layer.experts().getFirst().gate().weight().rows();
        scoreRows = buffers.rows(buffers.scores, experts);
        inputs.reserve(most);
        gated = Rows.of(buffers.gated, 0, inner, most);
        up = Rows.of(buffers.up, 0, inner, most);
        outputs = Rows.of(buffers.expertOutputs, 0, buffers.hidden, most);
        shared = layer.shared() == null ? null : new SharedExpert(layer.shared(), resources, most * inner);
        slots = new int[most];
        begin = new int[experts + 1];
    }

    @Override
    public void run(MicroBatch batch) {
        Matmul matmul = resources.matmul();
        Buffers buffers = resources.buffers();
        matmul.add(layer.router(), buffers.normedRows, scoreRows, 0, batch.count);
        if (shared != null) {
            shared.addGate(batch.count);
        }
        matmul.run();
        for (int t = 0; t < batch.count; t++) {
            router.pick(t, buffers.scores, t * experts);
        }
        group(batch.count);
        for (int e = 0; e < experts; e++) {
            Network.Dense expert = layer.experts().get(e);
            matmul.addGated(expert.gate(), expert.up(), gate, inputs, gated, up, begin[e], begin[e + 1] - begin[e]);
        }
        if (shared != null) {
            shared.addInner(batch.count);
        }
        matmul.run();
        for (int e = 0; e < experts; e++) {
            matmul.add(layer.experts().get(e).down(), gated, outputs, begin[e], begin[e + 1] - begin[e]);
        }
        if (shared != null) {
            shared.addDown(batch.count);
        }
        matmul.run();
        resources.workers().run(combine, batch.count, 2L * used * buffers.hidden);
    }

    /** Gives each pick a slot, expert by expert. */
    private void group(int tokens) {
        Arrays.fill(begin, 0);
        for (int i = 0; i < tokens * used; i++) {
            begin[router.picks[i] + 1]++;
        }
        for (int e = 0; e < experts; e++) {
            begin[e + 1] += begin[e];
        }
        for (int i = 0; i < tokens * used; i++) {
            int slot = begin[router.picks[i]]++;
            slots[i] = slot;
            inputs.set(slot, resources.buffers().normed, i / used * resources.buffers().hidden);
        }
        // filling moved each beginning to its end, which is the next one's beginning
        System.arraycopy(begin, 0, begin, 1, experts);
        begin[0] = 0;
    }

    private void combine(int worker, int from, int to) {
        Buffers buffers = resources.buffers();
        for (int t = from; t < to; t++) {
            int target = t * buffers.hidden;
            if (shared == null) {
                Arrays.fill(buffers.output, target, target + buffers.hidden, 0);
            } else {
                shared.weigh(t);
            }
            for (int i = t * used; i < (t + 1) * used; i++) {
                add(router.weights[i], buffers.expertOutputs, slots[i] * buffers.hidden, buffers.output, target,
                        buffers.hidden);
            }
        }
    }

    private static void add(float weight, float[] from, int at, float[] to, int target, int n) {
        for (int i = 0; i < n; i++) {
            to[target + i] += weight * from[at + i];
        }
    }
}
