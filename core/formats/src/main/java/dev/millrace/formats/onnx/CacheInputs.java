/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.spi.model.StateShape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells from the caches among a graph's inputs what each layer keeps. */
final class CacheInputs {

    private static final Pattern KEY = Pattern.compile("past_key_values\\.(\\d{1,4})\\.key");
    private static final Pattern CONV = Pattern.compile("past_conv\\.(\\d{1,4})");
    private static final int MAX_SIZE = 1 << 20;

    private CacheInputs() {
    }

    /**
     * What each layer keeps.
     *
     * @param inputs name to shape
     * @param taps of the convolutions' kernels, if known; exports keep as many columns or one less
     * @return empty if the inputs are not those of a decoder with caches for all layers
     */
    static Optional<List<StateShape>> shapes(Map<String, List<Long>> inputs, OptionalInt taps) {
        TreeMap<Integer, StateShape> layers = new TreeMap<>();
        for (Map.Entry<String, List<Long>> input : inputs.entrySet()) {
            Matcher key = KEY.matcher(input.getKey());
            Matcher conv = CONV.matcher(input.getKey());
            List<Long> shape = input.getValue();
            if (key.matches()) {
                if (shape.size() != 4 || !sound(shape.get(1)) || !sound(shape.get(3))
                        || layers.put(Integer.parseInt(key.group(1)),
                                new StateShape.KeyValues(shape.get(1).intValue(), shape.get(3).intValue())) != null) {
                    return Optional.empty();
                }
            } else if (conv.matches()) {
                if (shape.size() != 3 || !sound(shape.get(1)) || (taps.isEmpty() && !sound(shape.get(2)))
                        || layers.put(Integer.parseInt(conv.group(1)),
                                new StateShape.ConvColumns(shape.get(1).intValue(),
                                        taps.orElse(Math.clamp(shape.get(2), 1, MAX_SIZE)) - 1)) != null) {
                    return Optional.empty();
                }
            }
        }
        boolean complete = !layers.isEmpty() && layers.lastKey() == layers.size() - 1;
        return complete ? Optional.of(List.copyOf(layers.values())) : Optional.empty();
    }

    private static boolean sound(long size) {
        return size > 0 && size <= MAX_SIZE;
    }
}
