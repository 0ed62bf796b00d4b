/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.safetensors.SafetensorsHeader.Stored;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.ScaledTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Joins floats of 8 bits, {@code .weight} in {@code F8_E4M3}, with their scales: {@code .weight_scale_inv} of transformers' own FP8
 * and {@code .weight_scale} of compressed-tensors. Both are multiplied with. There is one scale for the matrix, for each row, or for
 * each block, whose size {@code weight_block_size} in config.json tells.
 */
final class Fp8 {

    private static final String WEIGHT = ".weight";
    /** Multiplied with, too, in spite of its name. */
    private static final String INVERSE = ".weight_scale_inv";
    private static final String SCALE = ".weight_scale";
    private static final String TYPE = "F8_E4M3";

    private Fp8() {
    }

    /**
     * Takes the matrices of 8 bits out of a folder's tensors.
     *
     * @param config the content of config.json
     * @param stored all tensors; those of 8 bits, with their scales, are removed
     * @return those of 8 bits, joined
     */
    static List<WeightTable.Entry> taken(Map<?, ?> config, List<Stored> stored) {
        Map<String, Stored> byName = new LinkedHashMap<>();
        stored.forEach(tensor -> byName.put(tensor.name(), tensor));
        List<WeightTable.Entry> joined = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (Stored tensor : stored) {
            String name = tensor.name();
            if (name.endsWith(WEIGHT) && tensor.type().equals(TYPE)) {
                String base = name.substring(0, name.length() - WEIGHT.length());
                Stored scales = byName.containsKey(base + INVERSE)
                        ? byName.get(base + INVERSE)
                        : byName.get(base + SCALE);
                if (scales == null) {
                    joined.add(WeightTable.Entry.unusable(name, tensor.shape(),
                            "has floats of 8 bits and no scales, which is not read; take the model's GGUF file, or its"
                                    + " folder in bfloat16 or float16"));
                } else {
                    joined.add(joined(config, tensor, scales));
                    used.add(scales.name());
                }
                used.add(name);
            }
        }
        stored.removeIf(tensor -> used.contains(tensor.name()));
        return joined;
    }

    private static WeightTable.Entry joined(Map<?, ?> config, Stored weight, Stored scales) {
        long[] shape = weight.shape();
        FileTensor scale = scales.entry().tensor() instanceof FileTensor floats ? floats : null;
        long[] block = scale == null ? null : block(config, shape, scales.shape());
        if (scale == null || block == null || weight.bytes() != shape[0] * shape[1]) {
            return WeightTable.Entry.unusable(weight.name(), shape, "has scales of " + Arrays.toString(scales.shape())
                    + " in " + scales.type() + ", expected floats: one, one for each row, or one for each block of"
                    + " weight_block_size in config.json");
        }
        long across = Math.ceilDiv(shape[1], block[1]);
        FileTensor grid = new FileTensor(scale.name(), scale.type(), Math.ceilDiv(shape[0], block[0]), across,
                scale.file(), scale.offset());
        return WeightTable.Entry.of(new ScaledTensor(weight.name(), shape[0], shape[1], weight.file(), weight.offset(),
                grid, 0, block[0], block[1]), shape);
    }

    /** Rows and columns that share a scale; null if the shapes do not fit each other. */
    private static long @Nullable [] block(Map<?, ?> config, long[] shape, long[] scales) {
        if (shape.length != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > Integer.MAX_VALUE
                || shape[1] > Integer.MAX_VALUE) {
            return null;
        }
        long values = Arrays.stream(scales).reduce(1, (a, b) -> a * b);
        long[] stated = stated(config);
        if (stated != null) {
            return Arrays.equals(scales,
                    new long[]{Math.ceilDiv(shape[0], stated[0]), Math.ceilDiv(shape[1], stated[1])})
                            ? stated
                            : null;
        }
        if (values == 1) {
            return shape.clone();
        }
        boolean byRow = (scales.length == 1 && scales[0] == shape[0])
                || (scales.length == 2 && scales[0] == shape[0] && scales[1] == 1);
        return byRow ? new long[]{1, shape[1]} : null;
    }

    private static long @Nullable [] stated(Map<?, ?> config) {
        return config.get("quantization_config") instanceof Map<?, ?> settings
                && settings.get("weight_block_size") instanceof List<?> sizes && sizes.size() == 2
                && sizes.get(0) instanceof Long rows && sizes.get(1) instanceof Long columns && rows > 0
                && columns > 0 ? new long[]{rows, columns} : null;
    }
}
