/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the part {@code model} of {@code tokenizer.json}. For one thread. */
final class ModelReader {

    /** More ids than any vocabulary has: larger ids would only make empty tables. */
    static final int MOST_IDS = 1 << 22;

    private static final int LONGEST_AFFIX = 64;

    private final JsonObject model;
    private final BitSet controls;
    private final Map<String, Integer> ids = new HashMap<>();
    private int size;

    /**
     * Reads the vocabulary.
     *
     * @param root the file
     * @param controls ids that plain text must never give
     */
    ModelReader(JsonObject root, BitSet controls) {
        this.model = root.object("model");
        this.controls = controls;
        if (model.map().get("vocab") instanceof List<?> pairs) {
            for (int id = 0; id < pairs.size(); id++) {
                put(pair(pairs, id), id);
            }
        } else {
            JsonObject vocab = model.object("vocab");
            vocab.map().forEach((token, id) -> put((String) token,
                    JsonObject.number(vocab.key((String) token), id, 0, MOST_IDS - 1)));
        }
    }

    /** Ids by spelling. */
    Map<String, Integer> ids() {
        return ids;
    }

    /** One more than the largest id of the model. */
    int size() {
        return size;
    }

    TokenModel read(boolean byteLevel) {
        // old files name no type
        String type = model.string("type", model.has("merges") ? "BPE" : model.has("unk_id") ? "Unigram" : "WordPiece");
        return switch (type) {
            case "BPE" -> byteLevel && plain() ? byteLevel() : characters(byteLevel);
            case "Unigram" -> unigram(byteLevel);
            case "WordPiece" -> new WordPieceModel(vocabulary(false), "", affix("continuing_subword_prefix", "##"),
                    model.has("max_input_chars_per_word")
                            ? model.number("max_input_chars_per_word", 0, Integer.MAX_VALUE)
                            : 100,
                    unknown("unk_token", "[UNK]"));
            default -> throw new MillraceException(model.key("type") + ": The model \"" + type
                    + "\" is not known; known are BPE, Unigram and WordPiece.");
        };
    }

    private void put(String token, int id) {
        ids.put(token, id);
        size = Math.max(size, id + 1);
    }

    private String pair(List<?> pairs, int id) {
        if (pairs.get(id) instanceof List<?> pair && pair.size() == 2 && pair.get(0) instanceof String token
                && pair.get(1) instanceof Number) {
            return token;
        }
        throw JsonObject.wrong(model.key("vocab[" + id + "]"), "a token and its score", pairs.get(id));
    }

    /** Whether the vocabulary is one of bytes alone, so that the fast model can be used. */
    private boolean plain() {
        return affix("continuing_subword_prefix", "").isEmpty() && affix("end_of_word_suffix", "").isEmpty()
                && !model.flag("byte_fallback", false) && !model.has("unk_token");
    }

    private String affix(String key, String otherwise) {
        String affix = model.string(key, otherwise);
        if (affix.length() > LONGEST_AFFIX) {
            throw model.wrong(key, "at most " + LONGEST_AFFIX + " characters");
        }
        return affix;
    }

    private int unknown(String key, String otherwise) {
        String token = model.string(key, otherwise);
        Integer id = ids.get(token);
        if (id == null) {
            throw new MillraceException(
                    model.key(key) + ": The unknown token \"" + token + "\" is not in the vocabulary.");
        }
        return id;
    }

    /** What the model finds in the text; control tokens are not among it. */
    private Vocabulary vocabulary(boolean byteLevel) {
        List<byte @Nullable []> tokens = new ArrayList<>(Collections.nCopies(size, null));
        ids.forEach((token, id) -> {
            if (!controls.get(id)) {
                tokens.set(id, byteLevel ? ByteAlphabet.bytesOf(token) : token.getBytes(StandardCharsets.UTF_8));
            }
        });
        return new Vocabulary(tokens);
    }

    private TokenModel byteLevel() {
        ByteLevelBuilder builder = new ByteLevelBuilder(vocabulary(true));
        List<?> list = model.list("merges");
        MergeTable merges = new MergeTable(list.size());
        for (int rank = 0; rank < list.size(); rank++) {
            String[] halves = merge(list, rank);
            known(rank, halves[0] + halves[1]);
            int a = builder.symbol(halves[0]);
            int b = builder.symbol(halves[1]);
            if (a >= 0 && b >= 0) {
                merges.put(a, b, rank, builder.symbol(halves[0] + halves[1]), true);
            }
        }
        return builder.build(merges, model.flag("ignore_merges", false));
    }

    private TokenModel characters(boolean byteLevel) {
        Vocabulary vocabulary = vocabulary(false);
        String prefix = affix("continuing_subword_prefix", "");
        List<?> list = model.list("merges");
        MergeTable merges = new MergeTable(list.size());
        for (int rank = 0; rank < list.size(); rank++) {
            String[] halves = merge(list, rank);
            String right = halves[1];
            if (right.length() < prefix.length()) {
                throw wrongMerge(rank, right);
            }
            merges.put(known(rank, halves[0]), known(rank, right), rank,
                    known(rank, halves[0] + right.substring(prefix.length())), true);
        }
        Fallback fallback = new Fallback(
                model.flag("byte_fallback", false) ? Fallback.byteIds(vocabulary) : new int[0],
                model.has("unk_token") ? unknown("unk_token", "") : -1, model.flag("fuse_unk", false));
        TokenModel characters = new CharacterModel(vocabulary, merges, fallback, prefix,
                affix("end_of_word_suffix", ""),
                model.flag("ignore_merges", false));
        return byteLevel ? new SpelledBytes(characters) : characters;
    }

    private TokenModel unigram(boolean byteLevel) {
        List<?> list = model.list("vocab");
        double[] scores = new double[list.size()];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = list.get(id) instanceof List<?> pair && pair.get(1) instanceof Number score
                    ? score.doubleValue()
                    : 0;
        }
        Vocabulary vocabulary = vocabulary(false);
        Fallback fallback = new Fallback(
                model.flag("byte_fallback", false) ? Fallback.byteIds(vocabulary) : new int[0],
                model.has("unk_id") ? model.number("unk_id", 0, Math.max(0, list.size() - 1)) : -1, true);
        TokenModel unigram = new UnigramModel(model.key("vocab"), vocabulary, scores, fallback);
        return byteLevel ? new SpelledBytes(unigram) : unigram;
    }

    private int known(int rank, String token) {
        Integer id = ids.get(token);
        if (id == null) {
            throw wrongMerge(rank, token);
        }
        return id;
    }

    private MillraceException wrongMerge(int rank, String token) {
        return new MillraceException(model.key("merges[" + rank + "]") + ": The merge names \""
                + token.substring(0, Math.min(80, token.length())) + "\", which is not in the vocabulary.");
    }

    private String[] merge(List<?> merges, int rank) {
        Object merge = merges.get(rank);
        if (merge instanceof List<?> pair && pair.size() == 2 && pair.get(0) instanceof String left
                && pair.get(1) instanceof String right) {
            return new String[]{left, right};
        }
        if (merge instanceof String text) {
            int space = text.indexOf(' ');
            if (space > 0 && space < text.length() - 1 && text.indexOf(' ', space + 1) < 0) {
                return new String[]{text.substring(0, space), text.substring(space + 1)};
            }
        }
        throw JsonObject.wrong(model.key("merges[" + rank + "]"), "two tokens", merge);
    }

    /** The spelling of every id, null where an id is unused; an added token wins over the model's. */
    static List<@Nullable String> spellings(Map<String, Integer> ids, Map<Integer, String> added) {
        int size = 0;
        for (int id : ids.values()) {
            size = Math.max(size, id + 1);
        }
        for (int id : added.keySet()) {
            size = Math.max(size, id + 1);
        }
        @Nullable
        String[] tokens = new @Nullable String[size];
        ids.forEach((token, id) -> tokens[id] = token);
        added.forEach((id, token) -> tokens[id] = token);
        return Arrays.asList(tokens);
    }
}
