/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Looks into tensors. */
public final class Tensors {

    private Tensors() {
    }

    /** All values of a tensor. */
    public static float[] values(Tensor tensor) throws IOException {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
        tensor.read(0, (int) tensor.rows(), values, 0);
        return values;
    }

    /** All values in stored bytes. */
    public static float[] decoded(TensorType type, MemorySegment stored) {
        byte[] bytes = stored.toArray(ValueLayout.JAVA_BYTE);
        int blocks = bytes.length / type.blockBytes();
        float[] values = new float[blocks * type.blockSize()];
        BlockDecoder.decode(type, bytes, 0, blocks, values, 0);
        return values;
    }

    /** All tensors of a model, in a fixed order. */
    public static List<Tensor> of(Blueprint blueprint) {
        List<Tensor> all = new ArrayList<>(
                List.of(blueprint.embedding(), blueprint.outputNorm().weight(), blueprint.head()));
        for (Blueprint.Layer layer : blueprint.layers()) {
            all.add(layer.mixerNorm().weight());
            all.add(layer.feedForwardNorm().weight());
            switch (layer.mixer()) {
                case Blueprint.Attention a -> all.addAll(List.of(a.query(), a.key(), a.value(), a.output(),
                        a.queryNorm().weight(), a.keyNorm().weight()));
                case Blueprint.ShortConv c -> all.addAll(List.of(c.in(), c.kernel(), c.out()));
            }
            switch (layer.feedForward()) {
                case Blueprint.Dense d -> all.addAll(List.of(d.gate(), d.up(), d.down()));
                case Blueprint.Experts e -> {
                    all.addAll(List.of(e.router(), e.bias()));
                    e.experts().forEach(d -> all.addAll(List.of(d.gate(), d.up(), d.down())));
                }
            }
        }
        return all;
    }
}
