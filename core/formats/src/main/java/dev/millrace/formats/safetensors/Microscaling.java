/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.safetensors.SafetensorsHeader.Stored;
import dev.millrace.formats.tensor.MicroscaledTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Joins what gpt-oss's files have in two tensors of bytes, {@code *_blocks} and {@code *_scales}, to one of MXFP4. */
final class Microscaling {

    private static final String BLOCKS = "_blocks";
    private static final String SCALES = "_scales";
    private static final int BLOCK = 32;
    private static final int BYTES = 16;

    private Microscaling() {
    }

    static List<WeightTable.Entry> joined(List<Stored> stored) {
        Map<String, Stored> byName = new LinkedHashMap<>();
        stored.forEach(tensor -> byName.put(tensor.name(), tensor));
        List<WeightTable.Entry> entries = new ArrayList<>();
        for (Stored tensor : stored) {
            String name = tensor.name();
            if (name.endsWith(BLOCKS)) {
                String base = name.substring(0, name.length() - BLOCKS.length());
                Stored scales = byName.get(base + SCALES);
                entries.add(scales == null ? tensor.entry() : joined(base, tensor, scales));
            } else if (!name.endsWith(SCALES)
                    || !byName.containsKey(name.substring(0, name.length() - SCALES.length()) + BLOCKS)) {
                entries.add(tensor.entry());
            }
        }
        return entries;
    }

    private static WeightTable.Entry joined(String name, Stored blocks, Stored scales) {
        long[] shape = blocks.shape();
        int last = shape.length - 1;
        long groups = 1;
        boolean fits = last >= 2 && shape[last] == BYTES && Arrays.equals(Arrays.copyOf(shape, last), scales.shape())
                && blocks.type().equals("U8") && scales.type().equals("U8");
        for (int i = 0; i < last && fits; i++) {
            fits = shape[i] >= 1 && groups <= Integer.MAX_VALUE * 64L / shape[i];
            groups *= Math.max(1, shape[i]);
        }
        if (!fits || blocks.bytes() != groups * BYTES || scales.bytes() != groups) {
            return WeightTable.Entry.unusable(name, shape,
                    "has blocks of " + Arrays.toString(shape) + " and scales of " + Arrays.toString(scales.shape())
                            + ", which are no MXFP4");
        }
        long columns = shape[last - 1] * BLOCK;
        long[] joined = Arrays.copyOf(shape, last);
        joined[last - 1] = columns;
        return WeightTable.Entry.of(new MicroscaledTensor(name, groups / shape[last - 1], columns, blocks.file(),
                blocks.offset(), scales.file(), scales.offset()), joined);
    }
}
