/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

/** Gated feed-forward for all tokens. */
final class DenseFeedForward implements LayerPart {

    private final Network.Dense layer;
    private final Resources resources;
    private final GateFunction gate;
    private final Rows gated;
    private final Rows up;

    DenseFeedForward(Network.Dense layer, Resources resources) {
        this.layer = layer;
        this.resources = resources;
        gate = GateFunction.of(layer.activation(), resources.kernels());
        gated = resources.buffers().rows(resources.buffers().gated, layer.gate().weight().rows());
        up = resources.buffers().rows(resources.buffers().up, layer.gate().weight().rows());
    }

    @Override
    public void run(MicroBatch batch) {
        Matmul matmul = resources.matmul();
        matmul.addGated(layer.gate(), layer.up(), gate, resources.buffers().normedRows, gated, up, 0, batch.count);
        matmul.run();
        matmul.add(layer.down(), gated, resources.buffers().outputRows, 0, batch.count);
        matmul.run();
    }
}
