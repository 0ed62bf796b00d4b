/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/** SwiGLU for all tokens. */
final class DenseFeedForward implements LayerPart {

    private final Network.Dense layer;
    private final Machine machine;
    private final Rows gated;
    private final Rows up;

    DenseFeedForward(Network.Dense layer, Machine machine) {
        this.layer = layer;
        this.machine = machine;
        gated = machine.buffers().rows(machine.buffers().gated, layer.gate().rows());
        up = machine.buffers().rows(machine.buffers().up, layer.gate().rows());
    }

    @Override
    public void run(Chunk chunk) {
        Products products = machine.products();
        products.addGated(layer.gate(), layer.up(), machine.buffers().normedRows, gated, up, 0, chunk.count);
        products.run();
        products.add(layer.down(), gated, machine.buffers().outputRows, 0, chunk.count);
        products.run();
    }
}
