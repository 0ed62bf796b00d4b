/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which files of a folder hold the weights: the one with the usual name, those that an index names, parts that count themselves, or
 * the only one there is.
 *
 * @param index the name of the index, or empty if there is none
 * @param files the names of the files; empty if an index names them
 */
record FolderWeights(Optional<String> index, List<String> files) {

    /** The usual name of a file with all weights. */
    static final String WHOLE = "model.safetensors";

    private static final String SUFFIX = ".safetensors";
    private static final String INDEX = SUFFIX + ".index.json";
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{1,9})-of-(\\d{1,9})\\.safetensors");

    /**
     * Looks into a folder.
     *
     * @return empty if it has no weights, or if it cannot be told which of several files are meant
     * @throws ModelFormatException if the folder cannot be listed
     */
    static Optional<FolderWeights> find(Path folder) {
        List<String> names;
        try (Stream<Path> all = Files.list(folder)) {
            // an adapter is no model
            names = all.filter(Files::isRegularFile).map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> !name.startsWith("adapter_")).sorted().toList();
        } catch (IOException e) {
            throw new ModelFormatException(folder, "folder", "cannot be listed: " + e.getMessage(), e);
        }
        if (names.contains(WHOLE)) {
            return Optional.of(new FolderWeights(Optional.empty(), List.of(WHOLE)));
        }
        List<String> indexes = names.stream().filter(name -> name.endsWith(INDEX)).toList();
        if (indexes.contains("model" + INDEX) || indexes.size() == 1) {
            String index = indexes.contains("model" + INDEX) ? "model" + INDEX : indexes.getFirst();
            return Optional.of(new FolderWeights(Optional.of(index), List.of()));
        }
        List<String> tensors = names.stream().filter(name -> name.endsWith(SUFFIX)).toList();
        return counted(tensors).or(() -> only(tensors))
                .map(files -> new FolderWeights(Optional.empty(), files));
    }

    /** All parts of the one model whose parts count themselves, whether they are there or not. */
    private static Optional<List<String>> counted(List<String> names) {
        Map<String, Integer> counts = new TreeMap<>();
        Map<String, Integer> digits = new TreeMap<>();
        for (String name : names) {
            Matcher part = PART.matcher(name);
            if (part.matches()) {
                String key = part.group(1);
                counts.merge(key, Integer.parseInt(part.group(3)), (a, b) -> a.equals(b) ? a : 0);
                digits.put(key, part.group(3).length());
            }
        }
        String prefix = counts.containsKey("model") || counts.isEmpty() ? "model" : counts.keySet().iterator().next();
        int count = counts.size() == 1 || prefix.equals("model") ? counts.getOrDefault(prefix, 0) : 0;
        // more than there are files would be a name that lies
        if (count == 0 || count > 4 * names.size() + 64) {
            return Optional.empty();
        }
        String number = "%0" + digits.get(prefix) + "d";
        List<String> parts = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            parts.add(prefix + "-" + String.format(Locale.ROOT, number, i) + "-of-"
                    + String.format(Locale.ROOT, number, count) + SUFFIX);
        }
        return Optional.of(parts);
    }

    /** Mistral's folders have the same weights twice, once under names of its own. */
    private static Optional<List<String>> only(List<String> names) {
        List<String> found = names.stream().filter(name -> !name.startsWith("consolidated")).toList();
        if (found.isEmpty()) {
            found = names;
        }
        return found.size() == 1 ? Optional.of(found) : Optional.empty();
    }
}
