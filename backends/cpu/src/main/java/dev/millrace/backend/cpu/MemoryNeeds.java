/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Precision;
import dev.millrace.backend.cpu.kv.KvGroups;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.layers.AttentionMemory;
import dev.millrace.backend.cpu.layers.Buffers;
import dev.millrace.backend.cpu.layers.MatmulInputSizes;
import dev.millrace.backend.cpu.layers.MicroBatch;
import dev.millrace.backend.cpu.weights.PackedLayout;
import dev.millrace.backend.cpu.weights.WeightForm;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a loaded model takes.
 *
 * @param weights packed weights, in bytes
 * @param groups how keys and values lie in memory
 * @param context tokens of a full context
 * @param activations activations and inputs that are prepared for products, on the heap, in bytes
 * @param attention what grows with the context besides keys and values, on the heap, in bytes for a full one
 */
public record MemoryNeeds(long weights, KvGroups groups, int context, long activations, long attention) {

    public static MemoryNeeds of(Blueprint blueprint, LoadOptions options, WeightForm form) {
        int tokens = Math.min(MicroBatch.MOST, options.context());
        long activations = Buffers.Widths.of(blueprint).perToken(blueprint.hiddenSize()) * 4 * tokens
                + MatmulInputSizes.bytes(blueprint, tokens, options.precision() == Precision.EXACT, form);
        return new MemoryNeeds(PackedLayout.of(blueprint.matrices(), form).bytes(),
                KvGroups.of(blueprint, keyValueType(blueprint, options)), options.context(), activations,
                AttentionMemory.bytes(blueprint, options.context()));
    }

    /** All on the heap. */
    public long scratch() {
        return activations + attention;
    }

    /** How keys and values are kept. */
    static KvType keyValueType(Blueprint blueprint, LoadOptions options) {
        return switch (options.keyValues()) {
            case F32 -> KvType.F32;
            case F16 -> KvType.F16;
            case Q8 -> KvType.Q8;
            case AUTO -> suitable(blueprint, options.precision());
        };
    }

    private static KvType suitable(Blueprint blueprint, Precision precision) {
        if (precision == Precision.EXACT) {
            return KvType.F32;
        }
        return quantised(blueprint) ? KvType.Q8 : KvType.F16;
    }

    /** Whether keys and values are made by quantised weights: then rounding them to 8 bits as well costs little beside. */
    private static boolean quantised(Blueprint blueprint) {
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a
                    && !(a.key().weight().type().isQuantised() && a.value().weight().type().isQuantised())) {
                return false;
            }
        }
        return true;
    }

    /** All of it. */
    long total() {
        return weights + keyValues() + scratch();
    }

    /** Keys and values of a full context. */
    long keyValues() {
        return keyValues(context);
    }

    private long keyValues(int tokens) {
        return groups.bytes(tokens, MicroBatch.MOST);
    }

    /**
     * Why it does not fit. Mapped weights are pages of a file, which the system drops and reads again as it needs, so they count
     * against all memory; everything else must be available.
     *
     * @param mapped whether weights are mapped
     * @return one sentence with the numbers and what would fit, or null if it fits
     */
    @Nullable
    String refusal(String architecture, Memory memory, boolean mapped) {
        long leftOfAll = memory.total() - weights - scratch();
        long left = Math.min(leftOfAll, memory.available() - scratch() - (mapped ? 0 : weights));
        if (keyValues() <= left) {
            return null;
        }
        String takes = "This " + architecture + " model takes " + Memory.gigabytes(total()) + " (weights "
                + Memory.gigabytes(weights) + (mapped ? " that are mapped" : "") + ", keys and values of " + context
                + " tokens " + Memory.gigabytes(keyValues()) + ", activations " + Memory.gigabytes(scratch())
                + "), but "
                + (left < leftOfAll
                        ? "only " + Memory.gigabytes(memory.available()) + " of " + Memory.gigabytes(memory.total())
                                + " of memory are available"
                                + (mapped ? " for what is not mapped" : "")
                        : "there are only " + Memory.gigabytes(memory.total()) + " of memory");
        int fitting = fitting(left + attention);
        return takes + (fitting > 0
                ? "; with a context of " + fitting + " tokens it would fit."
                : "; take a smaller model or one that is quantised further"
                        + (left < leftOfAll ? ", or end other programs." : "."));
    }

    /** The largest context whose keys and values, and what else grows with it, fit into so much memory, in whole pages. */
    private int fitting(long left) {
        int fits = 0;
        int tooMany = KvLayout.pages(context);
        while (tooMany - fits > 1) {
            int middle = (fits + tooMany) >>> 1;
            int tokens = middle * KvLayout.PAGE;
            if (keyValues(tokens) + attention * tokens / context <= left) {
                fits = middle;
            } else {
                tooMany = middle;
            }
        }
        return fits * KvLayout.PAGE;
    }
}
