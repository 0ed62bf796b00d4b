/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tensors of a file by name, each with its shape. Keeps track of which were asked for. */
public final class WeightTable {

    /**
     * A tensor with its shape.
     *
     * @param tensor rows and columns
     * @param shape all dimensions, slowest first; columns are the last
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Entry(Tensor tensor, long[] shape) {
    }

    private final Path path;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Set<String> unused = new HashSet<>();

    /**
     * A table.
     *
     * @param path the file or folder, for messages
     * @param entries with unique names
     */
    public WeightTable(Path path, List<Entry> entries) {
        this.path = path;
        for (Entry entry : entries) {
            this.entries.put(entry.tensor.name(), entry);
            unused.add(entry.tensor.name());
        }
    }

    /**
     * Whether there is a tensor.
     *
     * @param name its name
     * @return true if there is
     */
    public boolean has(String name) {
        return entries.containsKey(name);
    }

    /**
     * Rows of a tensor, to learn a size that no key states.
     *
     * @param name its name
     * @return the product of all dimensions but the last
     */
    public long rows(String name) {
        return entry(name).tensor.rows();
    }

    /**
     * A tensor of a certain shape.
     *
     * @param name its name
     * @param shape slowest dimension first; dimensions of 1 before the last do not count
     * @return the tensor
     */
    public Tensor take(String name, long... shape) {
        Entry entry = entry(name);
        unused.remove(name);
        if (entry.tensor.columns() != shape[shape.length - 1]
                || !Arrays.equals(significant(entry.shape), significant(shape))) {
            throw new ModelFormatException(path, name, "has the shape " + Arrays.toString(entry.shape)
                    + " (rows first), expected " + Arrays.toString(shape));
        }
        return entry.tensor;
    }

    /**
     * Passes over a tensor that may be there and is not needed.
     *
     * @param name its name
     */
    public void ignore(String name) {
        unused.remove(name);
    }

    /** Refuses tensors that nobody asked for: they would change what the model computes. */
    public void refuseUnused() {
        if (!unused.isEmpty()) {
            String first = unused.stream().sorted().findFirst().orElseThrow();
            throw new ModelFormatException(path, first, "is a tensor that this architecture does not have ("
                    + unused.size() + " in all)");
        }
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new ModelFormatException(path, name, "is a tensor that is missing");
        }
        return entry;
    }

    private static long[] significant(long[] shape) {
        return Arrays.stream(shape).filter(n -> n != 1).toArray();
    }
}
