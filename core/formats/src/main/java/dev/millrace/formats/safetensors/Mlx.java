/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.safetensors.SafetensorsHeader.Stored;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.GroupedTensor;
import dev.millrace.formats.tensor.MicroscaledTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Joins what MLX's folders have in two or three tensors, {@code .weight} with {@code .scales} and {@code .biases}, to one. Which
 * groups and bits each has is told by {@code quantization} in config.json, for all and for single layers by their names.
 */
final class Mlx {

    private static final String WEIGHT = ".weight";
    private static final String SCALES = ".scales";
    private static final String BIASES = ".biases";
    private static final Set<Long> BITS = Set.of(2L, 3L, 4L, 6L, 8L);
    private static final Set<Long> GROUPS = Set.of(32L, 64L, 128L);

    private final Map<?, ?> settings;
    private final Map<String, Stored> byName = new LinkedHashMap<>();

    private Mlx(Map<?, ?> settings, List<Stored> stored) {
        this.settings = settings;
        stored.forEach(tensor -> byName.put(tensor.name(), tensor));
    }

    /**
     * Takes the packed matrices out of a folder's tensors.
     *
     * @param config the content of config.json
     * @param stored all tensors; the packed ones, with what belongs to them, are removed
     * @return the packed ones, joined
     */
    static List<WeightTable.Entry> taken(Map<?, ?> config, List<Stored> stored) {
        Map<?, ?> settings = config.get("quantization") instanceof Map<?, ?> map ? map : Map.of();
        Mlx mlx = new Mlx(settings, stored);
        List<WeightTable.Entry> joined = new ArrayList<>();
        Set<String> used = new HashSet<>();
        for (Stored tensor : stored) {
            String base = base(tensor.name());
            Stored scales = mlx.byName.get(base + SCALES);
            if (tensor.name().endsWith(WEIGHT) && tensor.type().equals("U32") && scales != null) {
                joined.add(mlx.joined(base, tensor, scales));
                used.addAll(List.of(tensor.name(), base + SCALES, base + BIASES));
            }
        }
        stored.removeIf(tensor -> used.contains(tensor.name()));
        return joined;
    }

    private static String base(String name) {
        return name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
    }

    /** A setting of a layer, or else of all. */
    private @Nullable Object setting(String base, String key) {
        Object own = settings.get(base) instanceof Map<?, ?> layer ? layer.get(key) : null;
        return own == null ? settings.get(key) : own;
    }

    private WeightTable.Entry joined(String base, Stored weight, Stored scales) {
        String name = weight.name();
        long[] shape = weight.shape();
        int last = shape.length - 1;
        if (!(setting(base, "group_size") instanceof Long group) || !GROUPS.contains(group)
                || !(setting(base, "bits") instanceof Long bits) || !BITS.contains(bits)) {
            return WeightTable.Entry.unusable(name, shape, "is packed as MLX does it, with groups of "
                    + setting(base, "group_size") + " and " + setting(base, "bits")
                    + " bits; groups of 32, 64 or 128 and 2, 3, 4, 6 or 8 bits are read");
        }
        long rows = 1;
        boolean fits = last >= 1 && scales.shape().length == shape.length
                && Arrays.equals(Arrays.copyOf(shape, last), Arrays.copyOf(scales.shape(), last));
        for (int i = 0; i < last && fits; i++) {
            fits = shape[i] >= 1 && rows <= Integer.MAX_VALUE * 64L / shape[i];
            rows *= Math.max(1, shape[i]);
        }
        long columns = fits && scales.shape()[last] <= Integer.MAX_VALUE / group ? scales.shape()[last] * group : 0;
        fits = fits && columns > 0 && shape[last] * 32 == columns * bits && weight.bytes() == rows * columns * bits / 8;
        if (!fits) {
            return WeightTable.Entry.unusable(name, shape, "does not fit its scales of "
                    + Arrays.toString(scales.shape()) + " with groups of " + group + " and " + bits + " bits");
        }
        long[] whole = shape.clone();
        whole[last] = columns;
        if (!byName.containsKey(base + BIASES)) {
            boolean small = "mxfp4".equals(setting(base, "mode")) && group == 32 && bits == 4
                    && scales.type().equals("U8") && scales.bytes() == rows * columns / 32;
            return small
                    ? WeightTable.Entry.of(new MicroscaledTensor(name, rows, columns, weight.file(), weight.offset(),
                            scales.file(), scales.offset()), whole)
                    : WeightTable.Entry.unusable(name, shape, "has scales and no biases, which is read as MXFP4 only");
        }
        Tensor scale = perGroup(scales, rows, columns / group);
        Tensor bias = perGroup(byName.get(base + BIASES), rows, columns / group);
        if (scale == null || bias == null) {
            return WeightTable.Entry.unusable(name, shape, "has scales or biases that are no floats or do not fit it");
        }
        return WeightTable.Entry.of(grouped(name, rows, columns, bits.intValue(), group.intValue(),
                weight.file(), weight.offset(), scale, bias), whole);
    }

    private static Tensor grouped(String name, long rows, long columns, int bits, int group, WeightFile file,
            long offset, Tensor scales, Tensor biases) {
        try {
            return GroupedTensor.of(name, rows, columns, bits, group, file, offset, scales, biases);
        } catch (IOException e) {
            throw new ModelFormatException(file.path(), name, "has scales that cannot be read: " + e.getMessage(), e);
        }
    }

    private static @Nullable Tensor perGroup(@Nullable Stored stored, long rows, long groups) {
        // one group per row is a last dimension of 1, which says nothing of the columns
        return stored != null && stored.entry().tensor() instanceof FileTensor tensor
                && stored.shape()[stored.shape().length - 1] == groups
                && tensor.rows() * tensor.columns() == rows * groups
                        ? new FileTensor(tensor.name(), tensor.type(), rows, groups, tensor.file(), tensor.offset())
                        : null;
    }
}
