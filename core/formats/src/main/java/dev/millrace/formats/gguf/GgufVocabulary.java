/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.formats.architecture.Advice;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.VocabularySource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Reads the keys {@code tokenizer.ggml.*}. */
final class GgufVocabulary {

    static final String PREFIX = "tokenizer.ggml.";

    private static final int LAST_TOKEN_TYPE = 6;
    private static final List<String> END_KEYS = List.of("eos_token_id", "eot_token_id", "eom_token_id",
            "eos_token_ids");

    private final KeyTable settings;

    GgufVocabulary(KeyTable settings) {
        this.settings = settings;
    }

    /** The vocabulary, or empty if the file has none. */
    Optional<VocabularySource.Table> table() {
        if (!settings.has(PREFIX + "model")) {
            return Optional.empty();
        }
        String model = settings.text(PREFIX + "model").orElseThrow();
        if (model.equals("no_vocab") || model.equals("none")) {
            return Optional.empty();
        }
        List<String> tokens = texts("tokens");
        int size = tokens.size();
        if (size == 0) {
            throw settings.wrong(PREFIX + "tokens", "is missing or empty");
        }
        List<?> typeList = sized("token_type", size);
        int[] types = new int[typeList.size()];
        for (int i = 0; i < types.length; i++) {
            if (!(typeList.get(i) instanceof Long type) || type < 0 || type > LAST_TOKEN_TYPE) {
                throw settings.wrong(PREFIX + "token_type", "of token " + i + " is " + typeList.get(i)
                        + ", expected 0 to " + LAST_TOKEN_TYPE);
            }
            types[i] = type.intValue();
        }
        List<?> scoreList = sized("scores", size);
        float[] scores = new float[scoreList.size()];
        for (int i = 0; i < scores.length; i++) {
            if (!(scoreList.get(i) instanceof Number score)) {
                throw settings.wrong(PREFIX + "scores", "of token " + i + " is not a number");
            }
            scores[i] = score.floatValue();
        }
        List<String> merges = texts("merges");
        for (int i = 0; i < merges.size(); i++) {
            // a half may itself begin with a space in SentencePiece-like vocabularies
            if (merges.get(i).indexOf(' ', 1) < 0) {
                throw settings.wrong(PREFIX + "merges", "number " + i + " is not a pair separated by a space");
            }
        }
        return Optional.of(new VocabularySource.Table(model, settings.text(PREFIX + "pre").orElse(""), tokens, types,
                scores, merges, id("bos_token_id", size), end(size), id("unknown_token_id", size),
                settings.flagOr(model.equals("llama"), PREFIX + "add_space_prefix"),
                settings.find(PREFIX + "add_bos_token") instanceof Boolean asked
                        ? Optional.of(asked)
                        : Optional.empty()));
    }

    /** Ids that end an answer, all of them smaller than the size. */
    Set<Integer> endTokens(Advice advice, int size) {
        Set<Integer> ids = new TreeSet<>();
        END_KEYS.forEach(key -> ids.addAll(advice.endTokens(PREFIX + key, size)));
        return ids;
    }

    /** The first one, if there is any. */
    private OptionalInt end(int size) {
        return new Advice(settings).endTokens(PREFIX + "eos_token_id", size).stream().mapToInt(Integer::intValue)
                .findFirst();
    }

    private OptionalInt id(String key, int size) {
        Object value = settings.find(PREFIX + key);
        if (value instanceof List<?> list && !list.isEmpty()) {
            value = list.getFirst();
        }
        // the largest number of its type is how some writers say none
        if (value == null || value.equals(0xffff_ffffL) || value.equals(-1L)) {
            return OptionalInt.empty();
        }
        if (!(value instanceof Long n) || n < 0 || n >= size) {
            throw settings.wrong(PREFIX + key, "is " + value + ", expected a token from 0 to " + (size - 1));
        }
        return OptionalInt.of(n.intValue());
    }

    private List<?> sized(String key, int size) {
        List<?> list = settings.list(PREFIX + key);
        if (!list.isEmpty() && list.size() != size) {
            throw settings.wrong(PREFIX + key, "has " + list.size() + " values, expected one for each of " + size
                    + " tokens");
        }
        return list;
    }

    private List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (Object text : settings.list(PREFIX + key)) {
            if (!(text instanceof String s)) {
                throw settings.wrong(PREFIX + key, "is not a list of texts");
            }
            texts.add(s);
        }
        return List.copyOf(texts);
    }
}
