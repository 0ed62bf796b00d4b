/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import dev.millrace.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * A Hugging Face folder of a model that knows the letters. Its embedding has a 1 per token, and its head answers each letter
 * with the next one, and {@code z} with the end. That is all it does without layers. With layers, which are random, it writes
 * something else.
 */
final class LetterFolder {

    private static final int WIDTH = 32;
    private static final int INNER = 64;
    private static final int END = 3;
    private static final int FIRST_LETTER = 5;
    private static final int LAST_LETTER = FIRST_LETTER + 25;

    private final Map<String, Object> header = new LinkedHashMap<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final UnaryOperator<String> names;

    private LetterFolder(UnaryOperator<String> names) {
        this.names = names;
    }

    /**
     * Writes the model.
     *
     * @param folder where to
     * @param family its {@code model_type}
     * @param names how the family calls a tensor of brook
     * @param layers how many it has
     * @return the folder
     */
    static Path write(Path folder, String family, UnaryOperator<String> names, int layers) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), Json.write(config(family, layers)));
        Files.writeString(folder.resolve("tokenizer.json"), Json.write(tokenizer()));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"<|im_end|>\"}");
        Files.writeString(folder.resolve("chat_template.jinja"),
                "<|startoftext|>{% for message in messages %}{{ message.content }}{% endfor %}");
        Files.write(folder.resolve("model.safetensors"), new LetterFolder(names).weights(layers));
        return folder;
    }

    private static Map<String, Object> config(String family, int layers) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", family);
        config.put("hidden_size", WIDTH);
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", 2);
        config.put("intermediate_size", INNER);
        config.put("max_position_embeddings", 128);
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", 10_000);
        config.put("hidden_act", "silu");
        config.put("tie_word_embeddings", false);
        config.put("vocab_size", WIDTH);
        config.put("eos_token_id", END);
        return config;
    }

    private static Map<String, Object> tokenizer() {
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        for (int id = FIRST_LETTER; id <= LAST_LETTER; id++) {
            vocabulary.put(Character.toString('a' + id - FIRST_LETTER), id);
        }
        vocabulary.put("-", LAST_LETTER + 1);
        List<Object> added = new ArrayList<>();
        List<String> control = List.of("<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|im_end|>", "<|im_start|>");
        for (int id = 0; id < control.size(); id++) {
            added.add(Map.of("id", id, "content", control.get(id), "special", true));
        }
        Map<String, Object> bytes = Map.of("type", "ByteLevel", "add_prefix_space", false, "use_regex", false);
        return Map.of("added_tokens", added, "pre_tokenizer", bytes, "decoder", bytes, "model",
                Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of()));
    }

    private byte[] weights(int layers) {
        add("embed", at -> at / WIDTH == at % WIDTH ? 1 : 0, WIDTH, WIDTH);
        add("head", at -> next(at % WIDTH) == at / WIDTH ? 1 : 0, WIDTH, WIDTH);
        add("norm", at -> 1, WIDTH);
        for (int i = 0; i < layers; i++) {
            String layer = "layers." + i + ".";
            for (String matrix : List.of("q", "k", "v", "o")) {
                random(layer + matrix, WIDTH, WIDTH);
            }
            random(layer + "gate", INNER, WIDTH);
            random(layer + "up", INNER, WIDTH);
            random(layer + "down", WIDTH, INNER);
            random(layer + "norm1", WIDTH);
            random(layer + "norm2", WIDTH);
        }
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length).put(json).put(data.toByteArray()).array();
    }

    private static int next(int token) {
        return token == LAST_LETTER ? END : token + 1;
    }

    private void random(String name, int... shape) {
        Random random = new Random(name.hashCode());
        add(name, at -> random.nextGaussian(), shape);
    }

    private void add(String name, IntToDoubleFunction value, int... shape) {
        int count = 1;
        List<Integer> sizes = new ArrayList<>();
        for (int size : shape) {
            count *= size;
            sizes.add(size);
        }
        ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat((float) value.applyAsDouble(i));
        }
        int begin = data.size();
        data.writeBytes(bytes.array());
        header.put(names.apply(name),
                Map.of("dtype", "F32", "shape", sizes, "data_offsets", List.of(begin, data.size())));
    }
}
