/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Advice;
import dev.millrace.formats.architecture.Settings;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What stands beside the weights in a Hugging Face folder, whatever format these have.
 *
 * @param name what the model calls itself
 * @param vocabulary its tokens
 * @param chatTemplate its template
 * @param sampling what the makers recommend
 * @param endTokens ids that end an answer
 * @param notes what was passed over, for people
 */
public record FolderText(String name, Optional<VocabularySource> vocabulary, Optional<String> chatTemplate,
        Sampling sampling, Set<Integer> endTokens, List<String> notes) {

    /** Recommended sampling and the tokens that end an answer. */
    public static final String GENERATION = "generation_config.json";

    private static final String TOKENIZER = "tokenizer.json";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final String TEMPLATE = "chat_template.jinja";
    /** What transformers takes where sampling is on and the file says nothing. */
    private static final int TRANSFORMERS_TOP_K = 50;

    /**
     * Reads the files.
     *
     * @param files the folder
     * @param config the hyperparameters
     * @param generation sampling and end tokens; the latter from config if they are missing
     * @param vocabularySize rows of the embedding
     * @return what they say
     * @throws dev.millrace.api.ModelFormatException if one of them is damaged
     */
    public static FolderText read(FolderFiles files, Settings config, Settings generation, int vocabularySize) {
        Settings tokenizer = files.settings(TOKENIZER_CONFIG);
        Advice advice = new Advice(generation);
        Optional<VocabularySource> vocabulary = files.text(TOKENIZER).map(json -> new VocabularySource.HuggingFace(json,
                spelling(tokenizer, "bos_token"), spelling(tokenizer, "eos_token")));
        return new FolderText(name(files.folder(), config), vocabulary, template(files, tokenizer),
                sampling(generation, advice), endTokens(generation, config, vocabularySize), advice.notes());
    }

    private static String name(Path folder, Settings config) {
        String stated = config.text("_name_or_path").orElse("");
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return stated.isBlank() ? String.valueOf(last) : stated;
    }

    /** A special token: its spelling, or an object with its spelling. */
    private static String spelling(Settings tokenizer, String key) {
        return tokenizer.find(key) instanceof Map
                ? tokenizer.group(key).text("content").orElse("")
                : tokenizer.text(key).orElse("");
    }

    private static Optional<String> template(FolderFiles files, Settings tokenizer) {
        Optional<String> file = files.text(TEMPLATE);
        if (file.isPresent() || !(tokenizer.find("chat_template") instanceof List<?> named)) {
            return file.or(() -> tokenizer.text("chat_template"));
        }
        for (Object item : named) {
            if (item instanceof Map<?, ?> entry && "default".equals(entry.get("name"))
                    && entry.get("template") instanceof String template) {
                return Optional.of(template);
            }
        }
        throw tokenizer.wrong("chat_template", "is a list without a template named default");
    }

    private static Sampling sampling(Settings s, Advice advice) {
        Sampling read = advice.sampling("", "temperature", "repetition_penalty", 1,
                s.has("do_sample") ? TRANSFORMERS_TOP_K : 0);
        boolean sampled = s.find("do_sample") instanceof Boolean stated ? stated : s.has("temperature");
        return sampled ? read : Sampling.greedy().withRepetitionPenalty(read.repetitionPenalty());
    }

    private static Set<Integer> endTokens(Settings generation, Settings config, int vocabularySize) {
        Settings source = generation.has("eos_token_id") ? generation : config;
        Object value = source.find("eos_token_id");
        Set<Integer> ids = new TreeSet<>();
        for (Object id : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
            if (!(id instanceof Long n) || n < 0 || n >= vocabularySize) {
                throw source.wrong("eos_token_id", "names the token " + id + ", expected 0 to " + (vocabularySize - 1));
            }
            ids.add(n.intValue());
        }
        return ids;
    }
}
