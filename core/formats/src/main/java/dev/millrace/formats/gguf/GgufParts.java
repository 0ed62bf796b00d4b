/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.tensor.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Models that llama.cpp has split over several files: {@code name-00001-of-00003.gguf} and so on. Any of them stands for all. */
public final class GgufParts {

    static final String COUNT = "split.count";
    static final String NUMBER = "split.no";

    private static final Pattern NAME = Pattern.compile("(.*-)(\\d{5})-of-(\\d{5})(\\.gguf)");

    private GgufParts() {
    }

    /**
     * The file that has the metadata.
     *
     * @param path a file, or a folder that {@link #only} finds a model in
     * @return the first part, or the file itself if it is not one of several
     */
    static Path first(Path path) {
        Path file = Files.isDirectory(path) ? only(path).orElse(path) : path;
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (!name.matches()) {
            return file;
        }
        Path first = file.resolveSibling(name.group(1) + "00001-of-" + name.group(3) + name.group(4));
        // a renamed part stands for itself, and says so in its metadata
        return Files.exists(first) ? first : file;
    }

    /**
     * Another part.
     *
     * @param first the first
     * @param part from 2
     * @param parts how many there are
     * @return its path
     * @throws ModelFormatException if it is missing
     */
    static Path of(Path first, int part, int parts) {
        Matcher name = NAME.matcher(String.valueOf(first.getFileName()));
        if (!name.matches()) {
            throw new ModelFormatException(first, COUNT, "says that the model has " + parts
                    + " parts, but the file's name does not end with -00001-of-"
                    + String.format(Locale.ROOT,
                            "%05d.gguf; give all parts their names back; parts that were joined with "
                                    + "cat are fetched again",
                            parts));
        }
        Path path = first.resolveSibling(
                name.group(1) + String.format(Locale.ROOT, "%05d-of-%05d", part, parts) + name.group(4));
        if (!Files.exists(path)) {
            throw new ModelFormatException(first, "part " + part + " of " + parts,
                    "is missing; put " + path.getFileName() + " beside the first part");
        }
        return path;
    }

    /**
     * What another part says.
     *
     * @param file the part
     * @param part from 2
     * @return its header
     * @throws ModelFormatException if it is damaged, or another part under this name
     */
    static GgufHeader header(WeightFile file, int part) {
        GgufHeader header = GgufReader.read(file);
        if (header.metadata().get(NUMBER) instanceof Long number && number != part - 1) {
            throw new ModelFormatException(file.path(), NUMBER,
                    "says that this is part " + (number + 1) + ", not part " + part + "; fetch it again");
        }
        return header;
    }

    /**
     * The one GGUF model in a folder that has nothing else to be taken for a model.
     *
     * @param folder a folder
     * @return the file, or the first part; empty if there is none or more than one
     */
    public static Optional<Path> only(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file -> {
                String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
                Matcher part = NAME.matcher(name);
                return name.endsWith(".gguf") && !name.startsWith("mmproj")
                        && (!part.matches() || part.group(2).equals("00001"));
            }).toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // what cannot be listed is told by whoever opens it
        }
    }
}
