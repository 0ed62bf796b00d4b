/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a model says of itself, for its manifest. */
final class Portrait {

    private Portrait() {
    }

    /**
     * Reads a model's description, no weights.
     *
     * @param path what is opened
     * @param formats that are present
     * @param dialects that are present
     * @return keys of the manifest; a model that cannot be opened has the key {@code problem}
     */
    static Map<String, @Nullable Object> of(Path path, List<ModelFormat> formats, List<Dialect> dialects) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        for (ModelFormat format : formats) {
            if (format.recognises(path)) {
                facts.put("modelFormat", format.id());
                try (ModelFile file = format.open(path)) {
                    describe(file, dialects, facts);
                } catch (MillraceException e) {
                    facts.put("problem", e.getMessage());
                }
                return facts;
            }
        }
        facts.put("problem", "It is not a model in a format that is known here.");
        return facts;
    }

    private static void describe(ModelFile file, List<Dialect> dialects, Map<String, @Nullable Object> facts) {
        facts.put("modelName", file.name());
        if (file.program() instanceof Blueprint blueprint) {
            facts.put("architecture", blueprint.architecture());
        }
        facts.put("context", (long) file.program().contextLength());
        facts.put("vocabulary", (long) file.program().vocabularySize());
        ModelText text = new ModelText(file.chatTemplate().orElse(""), tokens(file));
        dialects.stream().max(Comparator.comparingInt(dialect -> dialect.match(text)))
                .filter(dialect -> dialect.match(text) > 0)
                .ifPresent(dialect -> facts.put("dialect", dialect.id()));
        Sampling sampling = file.sampling();
        Map<String, Object> defaults = new LinkedHashMap<>();
        defaults.put("temperature", sampling.temperature());
        defaults.put("topK", sampling.topK());
        defaults.put("topP", sampling.topP());
        defaults.put("minP", sampling.minP());
        defaults.put("repetitionPenalty", sampling.repetitionPenalty());
        facts.put("sampling", defaults);
    }

    private static Predicate<String> tokens(ModelFile file) {
        return switch (file.vocabulary().orElse(null)) {
            case VocabularySource.Table table -> {
                Set<String> tokens = new HashSet<>(table.tokens());
                yield tokens::contains;
            }
            case VocabularySource.HuggingFace json -> token -> json.tokenizerJson().contains("\"" + token + "\"");
            case null, default -> token -> false;
        };
    }
}
