/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.model.VocabularySource.HuggingFace;
import dev.millrace.spi.model.VocabularySource.Table;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/** The vocabulary of the nano model, in both forms. */
final class Nano {

    private Nano() {
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Nano.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static HuggingFace huggingFace() {
        return new HuggingFace(resource("nano-tokenizer.json"), "<|startoftext|>", "<|im_end|>");
    }

    /** The same vocabulary as a GGUF file states it. */
    static Table table() {
        Map<?, ?> root = (Map<?, ?>) Objects.requireNonNull(Json.parse(resource("nano-tokenizer.json")));
        Map<?, ?> model = (Map<?, ?>) Objects.requireNonNull(root.get("model"));
        Map<?, ?> vocab = (Map<?, ?>) Objects.requireNonNull(model.get("vocab"));
        String[] tokens = new String[vocab.size()];
        vocab.forEach((token, id) -> tokens[((Long) id).intValue()] = (String) token);
        int[] types = new int[tokens.length];
        Arrays.fill(types, 1);
        for (Object added : (List<?>) Objects.requireNonNull(root.get("added_tokens"))) {
            types[((Long) Objects.requireNonNull(((Map<?, ?>) added).get("id"))).intValue()] = 3;
        }
        List<String> merges = ((List<?>) Objects.requireNonNull(model.get("merges"))).stream()
                .map(pair -> ((List<?>) pair).get(0) + " " + ((List<?>) pair).get(1)).toList();
        return new Table("gpt2", "lfm2", List.of(tokens), types, new float[0], merges, OptionalInt.of(1),
                OptionalInt.of(4), OptionalInt.empty(), false);
    }

    static PromptTokenizer tokenizer() {
        return Tokenizers.of(huggingFace());
    }

    static List<VocabularySource> sources() {
        return List.of(huggingFace(), table());
    }
}
