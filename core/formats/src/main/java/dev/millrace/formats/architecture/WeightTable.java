/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WidenedTensor;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tensors of a file by name, each with its shape. */
public final class WeightTable implements Weights {

    /**
     * A tensor as a header states it.
     *
     * @param name unique
     * @param shape all dimensions, slowest first; columns are the last
     * @param tensor rows and columns, or null if it cannot be computed with
     * @param problem why not: a clause without the name
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Entry(String name, long[] shape, @Nullable Tensor tensor, String problem) {

        /**
         * A tensor that can be computed with.
         *
         * @param tensor rows and columns
         * @param shape all dimensions, slowest first
         * @return the entry
         */
        public static Entry of(Tensor tensor, long[] shape) {
            return new Entry(tensor.name(), shape, tensor, "");
        }

        /**
         * A tensor that is only in the way if somebody asks for it.
         *
         * @param name unique
         * @param shape all dimensions, slowest first
         * @param problem why it cannot be computed with
         * @return the entry
         */
        public static Entry unusable(String name, long[] shape, String problem) {
            return new Entry(name, shape, null, problem);
        }
    }

    private static final List<String> PACKED = List.of("qweight", "weight_packed");

    private final Path path;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> unused = new LinkedHashSet<>();

    /**
     * A table.
     *
     * @param path the file or folder, for messages
     * @param entries with unique names
     */
    public WeightTable(Path path, List<Entry> entries) {
        this.path = path;
        for (Entry entry : entries) {
            this.entries.put(entry.name, entry);
            unused.add(entry.name);
        }
    }

    @Override
    public boolean has(String name) {
        return entries.containsKey(name);
    }

    @Override
    public long rows(String name) {
        return tensor(name).rows();
    }

    @Override
    public Tensor take(String name, long... shape) {
        Tensor tensor = tensor(name);
        unused.remove(name);
        long[] stated = entry(name).shape;
        if (tensor.columns() != shape[shape.length - 1]
                || !Arrays.equals(significant(stated), significant(shape))) {
            throw new ModelFormatException(path, name, "has the shape " + Arrays.toString(stated)
                    + " (rows first), expected " + Arrays.toString(shape));
        }
        return tensor;
    }

    @Override
    public Tensor takeFloats(String name, long... shape) {
        return WidenedTensor.of(take(name, shape));
    }

    /**
     * The tensors that nobody asked for.
     *
     * @return their names, in the order of the file
     * @throws ModelFormatException if one is a bias of a matrix that is used: it would change what the model computes
     */
    public List<String> unused() {
        for (String name : unused) {
            String weight = name.endsWith(".bias") ? name.substring(0, name.length() - 4) + "weight" : name;
            if (has(weight) && !unused.contains(weight)) {
                throw new ModelFormatException(path, name, "is a bias that this family does not have");
            }
        }
        return List.copyOf(unused);
    }

    /**
     * The tensors that somebody asked for.
     *
     * @return those that lie in a file as they are, in the order of the file
     */
    public List<FileTensor> used() {
        List<FileTensor> used = new ArrayList<>();
        entries.forEach((name, entry) -> {
            if (!unused.contains(name) && entry.tensor instanceof FileTensor tensor) {
                used.add(tensor);
            }
        });
        return used;
    }

    private Tensor tensor(String name) {
        Entry entry = entry(name);
        Tensor tensor = entry.tensor;
        if (tensor == null) {
            throw new ModelFormatException(path, name, entry.problem);
        }
        return tensor;
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new ModelFormatException(path, name, "is a tensor that is missing" + packed(name));
        }
        return entry;
    }

    /** Some folders do not say that they are quantised; the names of their tensors do. */
    private String packed(String name) {
        String base = name.endsWith(".weight") ? name.substring(0, name.length() - "weight".length()) : name + ".";
        for (String ending : PACKED) {
            if (entries.containsKey(base + ending)) {
                return "; there is " + base + ending
                        + ", as AWQ, GPTQ and compressed-tensors pack weights, which is not"
                        + " read: take the model's GGUF file, or its folder in bfloat16 or float16";
            }
        }
        return "";
    }

    private static long[] significant(long[] shape) {
        return Arrays.stream(shape).filter(n -> n != 1).toArray();
    }
}
