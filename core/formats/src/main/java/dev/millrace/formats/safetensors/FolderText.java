/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Advice;
import dev.millrace.formats.architecture.ChatTemplates;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * @param templates its chat templates
 * @param sampling what the makers recommend
 * @param endTokens ids that end an answer
 * @param notes what was passed over, for people
 */
public record FolderText(String name, Optional<VocabularySource> vocabulary, ChatTemplates templates,
        Sampling sampling, Set<Integer> endTokens, List<String> notes) {

    /** Recommended sampling and the tokens that end an answer. */
    public static final String GENERATION = "generation_config.json";

    private static final String TOKENIZER = "tokenizer.json";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final String TEMPLATE = "chat_template.jinja";
    private static final String MORE_TEMPLATES = "additional_chat_templates";
    private static final String PROCESSOR_TEMPLATE = "chat_template.json";
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
    public static FolderText read(FolderFiles files, KeyTable config, KeyTable generation, int vocabularySize) {
        KeyTable tokenizer = files.settings(TOKENIZER_CONFIG);
        Advice advice = new Advice(generation);
        Optional<VocabularySource> vocabulary = files.filledText(TOKENIZER)
                .map(json -> new VocabularySource.HuggingFace(json,
                        spelling(tokenizer, "bos_token"), spelling(tokenizer, "eos_token"),
                        tokenizer.find("add_bos_token") instanceof Boolean asked
                                ? Optional.of(asked)
                                : Optional.empty()));
        ChatTemplates templates = templates(files, tokenizer);
        Sampling sampling = sampling(generation, advice);
        Advice more = new Advice(config);
        Set<Integer> ends = new TreeSet<>(advice.endTokens("eos_token_id", vocabularySize));
        ends.addAll(more.endTokens("eos_token_id", vocabularySize));
        List<String> notes = new ArrayList<>(templates.notes());
        notes.addAll(advice.notes());
        notes.addAll(more.notes());
        return new FolderText(name(files.folder(), config), vocabulary, templates, sampling, ends, notes);
    }

    private static String name(Path folder, KeyTable config) {
        String stated = config.text("_name_or_path").orElse("");
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return stated.isBlank() ? String.valueOf(last) : stated;
    }

    /** A special token: its spelling, or an object with its spelling. */
    private static String spelling(KeyTable tokenizer, String key) {
        return tokenizer.find(key) instanceof Map
                ? tokenizer.group(key).text("content").orElse("")
                : tokenizer.text(key).orElse("");
    }

    /** Files of their own count first, as in transformers; what a processor keeps for itself counts last. */
    private static ChatTemplates templates(FolderFiles files, KeyTable tokenizer) {
        Map<String, String> all = new LinkedHashMap<>();
        files.text(TEMPLATE).ifPresent(template -> all.put(ChatTemplates.DEFAULT, template));
        for (KeyTable settings : List.of(tokenizer, files.settings(PROCESSOR_TEMPLATE))) {
            if (all.isEmpty()) {
                all.putAll(stated(settings));
            }
        }
        all.putAll(files.texts(MORE_TEMPLATES, ".jinja"));
        return ChatTemplates.of(all);
    }

    /** One template, a list of templates with names, or an object with a template under each name. */
    private static Map<String, String> stated(KeyTable settings) {
        Map<String, String> stated = new LinkedHashMap<>();
        switch (settings.find("chat_template")) {
            case List<?> list -> list.forEach(item -> {
                if (item instanceof Map<?, ?> entry && entry.get("name") instanceof String name
                        && entry.get("template") instanceof String template) {
                    stated.put(name, template);
                } else {
                    throw settings.wrong("chat_template", "has an entry without name and template");
                }
            });
            case Map<?, ?> map -> map.forEach((name, template) -> {
                if (template instanceof String text) {
                    stated.put(String.valueOf(name), text);
                } else {
                    throw settings.wrong("chat_template", "has no text under " + name);
                }
            });
            case null, default -> settings.text("chat_template")
                    .ifPresent(template -> stated.put(ChatTemplates.DEFAULT, template));
        }
        return stated;
    }

    private static Sampling sampling(KeyTable s, Advice advice) {
        Sampling read = advice.sampling("", "temperature", "repetition_penalty", 1,
                s.has("do_sample") ? TRANSFORMERS_TOP_K : 0);
        boolean sampled = s.find("do_sample") instanceof Boolean stated ? stated : s.has("temperature");
        return sampled ? read : Sampling.greedy().withRepetitionPenalty(read.repetitionPenalty());
    }
}
