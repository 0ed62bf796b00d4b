/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

/** The expert of a mixture that works on every token; its products join those of the others. Its output is the first of the sum. */
final class SharedExpert {

    private final Network.Shared layer;
    private final Resources resources;
    private final GateFunction gate;
    private final Rows gated;
    private final Rows up;
    /** Where the gate's outputs stand among the scores, after those of the router. */
    private final int gateAt;
    private final Rows gateRows;

    /** @param inner where its share of the inner activations begins, after those of the experts */
    SharedExpert(Network.Shared layer, Resources resources, int inner) {
        this.layer = layer;
        this.resources = resources;
        Buffers buffers = resources.buffers();
        Network.Dense expert = layer.expert();
        gate = GateFunction.of(expert.activation(), resources.kernels());
        gated = Rows.of(buffers.gated, inner, expert.gate().weight().rows(), buffers.tokens);
        up = Rows.of(buffers.up, inner, expert.gate().weight().rows(), buffers.tokens);
        gateAt = buffers.scores.length - buffers.tokens;
        gateRows = Rows.of(buffers.scores, gateAt, 1, buffers.tokens);
    }

    void addGate(int count) {
        if (layer.gate() != null) {
            resources.matmul().add(layer.gate(), resources.buffers().normedRows, gateRows, 0, count);
        }
    }

    void addInner(int count) {
        Network.Dense expert = layer.expert();
        resources.matmul().addGated(expert.gate(), expert.up(), gate, resources.buffers().normedRows, gated, up, 0,
                count);
    }

    void addDown(int count) {
        resources.matmul().add(layer.expert().down(), gated, resources.buffers().outputRows, 0, count);
    }

    /** Multiplies the output for a token with its gate. */
    void weigh(int token) {
        if (layer.gate() != null) {
            Buffers buffers = resources.buffers();
            float weight = Router.sigmoid(buffers.scores[gateAt + token]);
            int at = token * buffers.hidden;
            for (int i = at; i < at + buffers.hidden; i++) {
                buffers.output[i] *= weight;
            }
        }
    }
}
