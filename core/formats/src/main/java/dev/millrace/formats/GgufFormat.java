/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.gguf.GgufModel;
import dev.millrace.formats.gguf.GgufParts;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** GGUF files, versions 2 and 3 (ggml, {@code docs/gguf.md}): one file with everything. */
@Component
public final class GgufFormat implements ModelFormat {

    /** Families that other bundles bring; the built-in ones are always there. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<Architecture> plugins = List.of();

    /** For the framework and the service loader. */
    public GgufFormat() {
    }

    @Override
    public String id() {
        return "gguf";
    }

    @Override
    public boolean recognises(Path path) {
        if (Files.isDirectory(path)) {
            return !Files.exists(path.resolve("config.json")) && GgufParts.only(path).isPresent();
        }
        return Files.isRegularFile(path)
                && (String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT).endsWith(".gguf") || begins(path));
    }

    /** Some programs keep models under names that say nothing. */
    private static boolean begins(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            return Arrays.equals(in.readNBytes(4), new byte[]{'G', 'G', 'U', 'F'});
        } catch (IOException e) {
            return false; // told by whoever says what the file is instead
        }
    }

    @Override
    public ModelFile open(Path path) {
        return GgufModel.open(path, new Architectures(plugins));
    }

    /**
     * Reads the vocabulary alone, also from files without weights or of an architecture that is not known.
     *
     * @param path a GGUF file
     * @return the vocabulary, or empty if the file has none
     * @throws ModelFormatException if the file is damaged
     */
    public static Optional<VocabularySource.Table> vocabulary(Path path) {
        return GgufModel.vocabulary(path);
    }
}
