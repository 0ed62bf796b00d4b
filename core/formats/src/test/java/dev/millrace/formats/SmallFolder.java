/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.tensor.BlockEncoder;
import dev.millrace.json.Json;
import dev.millrace.spi.model.TensorType;
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
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face folder of a tiny model: 32 wide, three layers (convolution with a dense feed-forward, attention and
 * convolution with experts), 40 tokens. To be changed before it is written.
 */
public final class SmallFolder {

    /** A tensor to be written. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Weights(TensorType type, List<Long> shape, float[] values) {
    }

    public final Map<String, @Nullable Object> config = new LinkedHashMap<>();
    public final Map<String, Weights> tensors = new LinkedHashMap<>();
    public final Map<String, String> texts = new LinkedHashMap<>();
    private final Random random = new Random(5);

    public SmallFolder() {
        config.put("model_type", "lfm2_moe");
        config.put("hidden_size", 32);
        config.put("num_hidden_layers", 3);
        config.put("layer_types", List.of("conv", "full_attention", "conv"));
        config.put("num_attention_heads", 4);
        config.put("num_key_value_heads", 2);
        config.put("intermediate_size", 64);
        config.put("moe_intermediate_size", 32);
        config.put("num_experts", 4);
        config.put("num_experts_per_tok", 2);
        config.put("num_dense_layers", 1);
        config.put("conv_L_cache", 3);
        config.put("norm_eps", 1e-5);
        config.put("rope_parameters", Map.of("rope_theta", 1e6, "rope_type", "default"));
        config.put("max_position_embeddings", 128);
        config.put("vocab_size", 40);
        config.put("tie_word_embeddings", true);
        config.put("eos_token_id", List.of(3, 2));
        config.put("pad_token_id", 0);
        add(TensorType.BF16, "model.embed_tokens.weight", 40, 32);
        add(TensorType.BF16, "model.embedding_norm.weight", 32);
        for (int i = 0; i < 3; i++) {
            String layer = "model.layers." + i + ".";
            add(TensorType.BF16, layer + "operator_norm.weight", 32);
            add(TensorType.F32, layer + "ffn_norm.weight", 32);
            if (i == 1) {
                add(TensorType.BF16, layer + "self_attn.q_proj.weight", 32, 32);
                add(TensorType.BF16, layer + "self_attn.k_proj.weight", 16, 32);
                add(TensorType.F16, layer + "self_attn.v_proj.weight", 16, 32);
                add(TensorType.BF16, layer + "self_attn.out_proj.weight", 32, 32);
                add(TensorType.BF16, layer + "self_attn.q_layernorm.weight", 8);
                add(TensorType.BF16, layer + "self_attn.k_layernorm.weight", 8);
            } else {
                add(TensorType.BF16, layer + "conv.in_proj.weight", 96, 32);
                add(TensorType.BF16, layer + "conv.conv.weight", 32, 1, 3);
                add(TensorType.BF16, layer + "conv.out_proj.weight", 32, 32);
            }
            layer += "feed_forward.";
            if (i == 0) {
                add(TensorType.BF16, layer + "w1.weight", 64, 32);
                add(TensorType.BF16, layer + "w2.weight", 32, 64);
                add(TensorType.BF16, layer + "w3.weight", 64, 32);
            } else {
                add(TensorType.BF16, layer + "gate.weight", 4, 32);
                add(TensorType.F32, layer + "expert_bias", 4);
                for (int e = 0; e < 4; e++) {
                    add(TensorType.BF16, layer + "experts." + e + ".w1.weight", 32, 32);
                    add(TensorType.BF16, layer + "experts." + e + ".w2.weight", 32, 32);
                    add(TensorType.BF16, layer + "experts." + e + ".w3.weight", 32, 32);
                }
            }
        }
        texts.put("tokenizer.json", tokenizer());
        texts.put("tokenizer_config.json",
                "{\"bos_token\": {\"content\": \"<|startoftext|>\"}, \"eos_token\": \"<|im_end|>\"}");
        texts.put("chat_template.jinja", "{{ bos_token }}{{ messages[0]['content'] }}");
        texts.put("generation_config.json",
                "{\"do_sample\": true, \"temperature\": 0.3, \"top_k\": 7, \"min_p\": 0.15, \"repetition_penalty\": 1.05}");
    }

    /** Adds a tensor of random values. */
    public void add(TensorType type, String name, long... shape) {
        List<Long> sizes = new ArrayList<>();
        int count = 1;
        for (long size : shape) {
            sizes.add(size);
            count *= (int) size;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        tensors.put(name, new Weights(type, sizes, values));
    }

    /** Puts the experts of each layer into two tensors, as newer versions of transformers save them. */
    public void fuseExperts() {
        for (int i = 1; i < 3; i++) {
            String experts = "model.layers." + i + ".feed_forward.experts.";
            List<float[]> gateUp = new ArrayList<>();
            List<float[]> down = new ArrayList<>();
            for (int e = 0; e < 4; e++) {
                gateUp.add(take(experts + e + ".w1.weight"));
                gateUp.add(take(experts + e + ".w3.weight"));
                down.add(take(experts + e + ".w2.weight"));
            }
            tensors.put(experts + "gate_up_proj", new Weights(TensorType.BF16, List.of(4L, 64L, 32L), joined(gateUp)));
            tensors.put(experts + "down_proj", new Weights(TensorType.BF16, List.of(4L, 32L, 32L), joined(down)));
        }
    }

    private float[] take(String name) {
        Weights weights = tensors.remove(name);
        if (weights == null) {
            throw new IllegalStateException(name);
        }
        return weights.values;
    }

    private static float[] joined(List<float[]> parts) {
        float[] all = new float[parts.size() * parts.getFirst().length];
        for (int i = 0; i < parts.size(); i++) {
            System.arraycopy(parts.get(i), 0, all, i * parts.get(i).length, parts.get(i).length);
        }
        return all;
    }

    /** Writes everything into one safetensors file and what belongs beside it. */
    public Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("model.safetensors"), safetensors(tensors));
        writeTexts(folder);
        return folder;
    }

    /** Writes two safetensors files and an index. */
    public Path writeSharded(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<Map<String, Weights>> shards = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
        Map<String, Object> index = new LinkedHashMap<>();
        tensors.forEach((name, weights) -> {
            int shard = index.size() % 2;
            shards.get(shard).put(name, weights);
            index.put(name, "part-" + shard + ".safetensors");
        });
        for (int i = 0; i < 2; i++) {
            Files.write(folder.resolve("part-" + i + ".safetensors"), safetensors(shards.get(i)));
        }
        Files.writeString(folder.resolve("model.safetensors.index.json"), Json.write(Map.of("weight_map", index)));
        writeTexts(folder);
        return folder;
    }

    private void writeTexts(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        for (Map.Entry<String, String> text : texts.entrySet()) {
            Files.writeString(folder.resolve(text.getKey()), text.getValue());
        }
    }

    private static byte[] safetensors(Map<String, Weights> tensors) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach((name, w) -> {
            ByteBuffer bytes = ByteBuffer.allocate((int) w.type.bytes(w.values.length));
            BlockEncoder.encode(w.type, w.values, w.values.length, bytes);
            int begin = data.size();
            data.writeBytes(bytes.array());
            header.put(name, Map.of("dtype", w.type.name(), "shape", w.shape, "data_offsets",
                    List.of(begin, data.size())));
        });
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length)
                .put(json).put(data.toByteArray()).array();
    }

    private static String tokenizer() {
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        for (int i = 0; i < 26; i++) {
            vocabulary.put(Character.toString('a' + i), i + 5);
        }
        vocabulary.put("ab", 31);
        List<Object> added = new ArrayList<>();
        List<String> control = List.of("<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|im_end|>", "<think>");
        for (int i = 0; i < control.size(); i++) {
            added.add(Map.of("id", i, "content", control.get(i), "special", i < 4));
        }
        String split = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("added_tokens", added);
        json.put("pre_tokenizer", Map.of("type", "Split", "pattern", Map.of("Regex", split)));
        json.put("model", Map.of("type", "BPE", "ignore_merges", true, "vocab", vocabulary, "merges",
                List.of(List.of("a", "b"))));
        return Json.write(json);
    }
}
