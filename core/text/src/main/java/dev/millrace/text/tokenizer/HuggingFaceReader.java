/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.spi.model.VocabularySource.HuggingFace;
import dev.millrace.text.tokenizer.AddedTokens.Added;
import dev.millrace.text.tokenizer.AddedTokens.Precedence;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Reads {@code tokenizer.json}, the format of the library tokenizers by Hugging Face. For one thread. */
final class HuggingFaceReader {

    private final JsonObject root;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> added = new HashMap<>();
    private final List<Added> raw = new ArrayList<>();
    private final List<Added> normalised = new ArrayList<>();
    private final BitSet controls = new BitSet();

    private HuggingFaceReader(JsonObject root) {
        this.root = root;
    }

    static Pipeline read(HuggingFace file) {
        Object value;
        try {
            value = Json.parseFile(file.tokenizerJson());
        } catch (JsonException e) {
            throw new MillraceException("tokenizer.json: The file is not JSON: " + e.getMessage() + ".", e);
        }
        return new HuggingFaceReader(JsonObject.of("tokenizer.json", value)).pipeline(file);
    }

    private Pipeline pipeline(HuggingFace file) {
        readAdded();
        PreTokenizerReader.Steps steps = PreTokenizerReader.read(root);
        ModelReader reader = new ModelReader(root, controls);
        TokenModel model = reader.read(steps.byteLevel());
        Spelling spelling = DecoderReader.read(root).spelling(ModelReader.spellings(reader.ids(), added),
                added::containsKey);
        ids.putAll(reader.ids());
        added.forEach((id, content) -> ids.put(content, id));
        Normaliser normaliser = root.has("normalizer") ? Normalisers.read(root.object("normalizer")) : null;
        List<Added> rewritten = normaliser == null
                ? normalised
                : normalised.stream().map(token -> token.spelled(normaliser.apply(token.content()))).toList();
        return new Pipeline(new AddedTokens(raw, Precedence.LEFTMOST), normaliser,
                new AddedTokens(rewritten, Precedence.LEFTMOST), steps.preTokenizers(), steps.splitters(), model,
                spelling,
                this::id, controls, id(file.bos()), id(file.eos()), addsBos(file));
    }

    /** Where the settings beside it do not say, the file does, by what it puts around each text. */
    private boolean addsBos(HuggingFace file) {
        return file.addBos().orElseGet(() -> !file.bos().isEmpty() && root.has("post_processor")
                && Json.write(root.object("post_processor").map()).contains(Json.write(file.bos())));
    }

    private void readAdded() {
        if (!root.has("added_tokens")) {
            return;
        }
        for (JsonObject token : root.objects("added_tokens")) {
            int id = token.number("id", 0, ModelReader.MOST_IDS - 1);
            String content = token.string("content");
            boolean special = token.flag("special", false);
            Added entry = new Added(content, id, special, token.flag("single_word", false), token.flag("lstrip", false),
                    token.flag("rstrip", false));
            (token.flag("normalized", !special) ? normalised : raw).add(entry);
            added.put(id, content);
            controls.set(id, special);
        }
    }

    private OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
