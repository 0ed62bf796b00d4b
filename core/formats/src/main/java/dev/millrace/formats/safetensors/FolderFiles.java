/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.json.FileText;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.json.NotTextException;
import dev.millrace.spi.model.KeyTable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The small files of a folder.
 *
 * @param folder where they are
 */
public record FolderFiles(Path folder) {

    /** Large enough for tokenizer.json of a vocabulary of a quarter of a million. */
    private static final int MAX_TEXT = 64 << 20;
    private static final int MAX_SETTINGS = 4 << 20;
    private static final int MOST_TEXTS = 256;

    /**
     * Whether there is such a file.
     *
     * @param name of a file in the folder
     * @return true if there is
     */
    public boolean has(String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    /**
     * A file's text.
     *
     * @param name of a file in the folder
     * @return empty if there is no such file
     */
    public Optional<String> text(String name) {
        return has(name) ? Optional.of(read(name, MAX_TEXT)) : Optional.empty();
    }

    /** The text of a file that is never empty, empty if there is no such file. */
    Optional<String> filledText(String name) {
        return text(name).map(text -> filled(name, text));
    }

    private String filled(String name, String text) {
        if (text.isBlank()) {
            throw new ModelFormatException(folder, name, "is empty; fetch it again");
        }
        return text;
    }

    /**
     * The texts of a folder inside the folder.
     *
     * @param name of that folder
     * @param suffix with which its files' names end
     * @return the names without the suffix, in alphabetical order, each with its text; empty if there is no such folder
     */
    Map<String, String> texts(String name, String suffix) {
        Map<String, String> texts = new TreeMap<>();
        Path inner = folder.resolve(name);
        if (!Files.isDirectory(inner)) {
            return texts;
        }
        try (Stream<Path> all = Files.list(inner)) {
            for (Path file : all.filter(Files::isRegularFile).limit(MOST_TEXTS).toList()) {
                String each = String.valueOf(file.getFileName());
                if (each.endsWith(suffix)) {
                    texts.put(each.substring(0, each.length() - suffix.length()),
                            read(name + "/" + each, MAX_SETTINGS));
                }
            }
        } catch (IOException e) {
            throw new ModelFormatException(folder, name, "cannot be listed: " + e.getMessage(), e);
        }
        return texts;
    }

    /**
     * The object in a JSON file.
     *
     * @param name of a file in the folder
     * @return empty if there is no such file
     */
    public Map<?, ?> object(String name) {
        return object(name, MAX_SETTINGS);
    }

    /** The object in a JSON file that may be large, empty if there is no such file. */
    Map<?, ?> largeObject(String name) {
        return object(name, MAX_TEXT);
    }

    private Map<?, ?> object(String name, int limit) {
        if (!has(name)) {
            return Map.of();
        }
        String text = filled(name, read(name, limit));
        try {
            if (Json.parseFile(text) instanceof Map<?, ?> map) {
                return map;
            }
        } catch (JsonException e) {
            throw new ModelFormatException(folder, name, "is not JSON: " + e.getMessage(), e);
        }
        throw new ModelFormatException(folder, name, "is not a JSON object");
    }

    /**
     * The object in a JSON file, as settings.
     *
     * @param name of a file in the folder
     * @return empty if there is no such file
     */
    public KeyTable settings(String name) {
        return new KeyTable(folder, name + ": ", object(name));
    }

    private String read(String name, int limit) {
        Path file = folder.resolve(name);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new ModelFormatException(folder, name, "has more than " + limit + " bytes");
            }
            return FileText.forPrograms(bytes);
        } catch (NotTextException e) {
            throw new ModelFormatException(folder, name, e.getMessage(), e);
        } catch (IOException e) {
            throw new ModelFormatException(folder, name, "cannot be read: " + e.getMessage(), e);
        }
    }
}
