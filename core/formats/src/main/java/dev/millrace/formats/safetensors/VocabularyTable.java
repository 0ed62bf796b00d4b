/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Turns tokenizer.json into the table that GGUF holds: byte-level BPE, or SentencePiece's BPE that falls back on bytes. */
public final class VocabularyTable {

    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int BYTE = 6;

    private final KeyTable tokenizer;
    private final @Nullable String[] tokens;
    private final int[] types;

    private VocabularyTable(KeyTable tokenizer, int size) {
        this.tokenizer = tokenizer;
        this.tokens = new String[size];
        this.types = new int[size];
        Arrays.fill(types, UNUSED);
    }

    /**
     * Makes the table.
     *
     * @param folder for messages
     * @param source tokenizer.json
     * @param size rows of the embedding; ids that the tokenizer leaves out are filled
     * @return the table
     * @throws ModelFormatException if it is no BPE, or splits text in a way that GGUF has no name for
     */
    public static VocabularySource.Table of(Path folder, VocabularySource.HuggingFace source, int size) {
        try {
            Object json = Json.parseFile(source.tokenizerJson());
            if (json instanceof Map<?, ?> map) {
                KeyTable tokenizer = new KeyTable(folder, "tokenizer.json: ", map);
                return new VocabularyTable(tokenizer, size).table(source);
            }
        } catch (JsonException e) {
            throw new ModelFormatException(folder, "tokenizer.json", "is not JSON: " + e.getMessage(), e);
        }
        throw new ModelFormatException(folder, "tokenizer.json", "is not a JSON object");
    }

    private VocabularySource.Table table(VocabularySource.HuggingFace source) {
        KeyTable model = tokenizer.group("model");
        if (!model.text("type").orElse("").equals("BPE")) {
            throw tokenizer.wrong("model", "is of the type " + model.text("type").orElse("?")
                    + ", but only BPE vocabularies can be converted");
        }
        boolean pieces = model.flagOr(false, "byte_fallback");
        String split = pieces ? "default" : SplitName.of(tokenizer);
        if (!(model.find("vocab") instanceof Map<?, ?> vocabulary)) {
            throw model.wrong("vocab", "is missing");
        }
        vocabulary.forEach((token, id) -> put(id, String.valueOf(token), pieces ? pieceType(token) : NORMAL));
        for (Object item : tokenizer.list("added_tokens")) {
            if (!(item instanceof Map<?, ?> added) || !(added.get("content") instanceof String content)) {
                throw tokenizer.wrong("added_tokens", "has an entry without content");
            }
            put(added.get("id"), content, Boolean.TRUE.equals(added.get("special")) ? CONTROL : USER_DEFINED);
        }
        List<String> filled = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            String token = tokens[i];
            filled.add(token == null ? "[PAD" + i + "]" : token);
        }
        List<String> merges = merges(model);
        // where the settings do not say, tokenizer.json does, by what it puts around each text
        boolean begins = source.addBos().orElse(!source.bos().isEmpty()
                && Json.write(tokenizer.find("post_processor")).contains(Json.write(source.bos())));
        String unknown = model.text("unk_token").orElse("");
        return pieces
                ? new VocabularySource.Table("llama", split, List.copyOf(filled), types, scores(merges), List.of(),
                        id(source.bos()), id(source.eos()), unknown.isEmpty() ? OptionalInt.empty() : id(unknown),
                        Json.write(tokenizer.find("normalizer")).contains("\"Prepend\"")
                                || Json.write(tokenizer.find("pre_tokenizer")).contains("\"Metaspace\""),
                        Optional.of(begins))
                : new VocabularySource.Table("gpt2", split, List.copyOf(filled), types, new float[0], merges,
                        id(source.bos()), id(source.eos()), OptionalInt.empty(), false,
                        Optional.of(begins));
    }

    /** SentencePiece spells the bytes that it falls back on {@code <0x0A>}. */
    private static int pieceType(Object token) {
        return String.valueOf(token).matches("<0x[0-9A-F]{2}>") ? BYTE : NORMAL;
    }

    /** SentencePiece joins the pair with the best score first: the earlier the merge, the better. */
    private float[] scores(List<String> merges) {
        Map<String, Integer> ids = new HashMap<>();
        for (int i = 0; i < tokens.length; i++) {
            String token = tokens[i];
            if (token != null) {
                ids.put(token, i);
            }
        }
        float[] scores = new float[tokens.length];
        for (int rank = merges.size() - 1; rank >= 0; rank--) {
            String merge = merges.get(rank);
            int space = merge.indexOf(' ', 1);
            Integer id = ids.get(merge.substring(0, space) + merge.substring(space + 1));
            if (id != null) {
                scores[id] = -rank;
            }
        }
        return scores;
    }

    private void put(@Nullable Object id, String token, int type) {
        if (!(id instanceof Long n) || n < 0 || n >= tokens.length) {
            throw tokenizer.wrong(token, "has the id " + id + ", expected 0 to " + (tokens.length - 1));
        }
        String before = tokens[n.intValue()];
        if (before != null && !before.equals(token)) {
            throw tokenizer.wrong(token, "has the id " + id + ", which " + before + " has too");
        }
        tokens[n.intValue()] = token;
        types[n.intValue()] = type;
    }

    /** Pairs are written as one text with a space between, or as lists of two. */
    private static List<String> merges(KeyTable model) {
        List<String> merges = new ArrayList<>();
        for (Object merge : model.list("merges")) {
            if (merge instanceof String pair && pair.indexOf(' ', 1) > 0) {
                merges.add(pair);
            } else if (merge instanceof List<?> halves && halves.size() == 2) {
                merges.add(halves.get(0) + " " + halves.get(1));
            } else {
                throw model.wrong("merges", "number " + merges.size() + " is not a pair");
            }
        }
        return List.copyOf(merges);
    }

    private OptionalInt id(String token) {
        int id = token.isEmpty() ? -1 : Arrays.asList(tokens).indexOf(token);
        if (id < 0 && !token.isEmpty()) {
            throw tokenizer.wrong(token, "is named in tokenizer_config.json, but is not a token");
        }
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
