/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A GGUF file of a tiny model, put together byte by byte as the specification says and without the project's own writer:
 * 8 wide, two layers (convolution with a dense feed-forward, attention with experts), 6 tokens, all F32. To be changed
 * before it is written.
 */
final class SmallGguf {

    // numbers of the value types in the specification
    static final int UINT32 = 4;
    static final int INT32 = 5;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private static final int ALIGNMENT = 32;

    /** A tensor to be written, its shape slowest dimension first. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Weights(List<Long> shape, float[] values) {
    }

    /** Key to the bytes of its type and value. */
    final Map<String, byte[]> metadata = new LinkedHashMap<>();
    final Map<String, Weights> tensors = new LinkedHashMap<>();
    /** Numbers of the types of tensors that are no floats; their values are written all the same. */
    final Map<String, Integer> types = new HashMap<>();
    int version = 3;
    private final Random random = new Random(6);

    SmallGguf() {
        metadata.put("general.architecture", bytes(STRING, "lfm2moe"));
        number("block_count", 2);
        number("context_length", 16);
        number("embedding_length", 8);
        number("feed_forward_length", 12);
        number("attention.head_count", 2);
        own("attention.head_count_kv", ARRAY, INT32, 2L, 0, 1);
        own("attention.layer_norm_rms_epsilon", FLOAT32, 1e-5f);
        own("rope.freq_base", FLOAT32, 1e6f);
        number("shortconv.l_cache", 3);
        number("expert_count", 2);
        number("expert_used_count", 1);
        number("expert_feed_forward_length", 4);
        number("leading_dense_block_count", 1);
        number("expert_gating_func", 2);
        add("token_embd.weight", 6, 8);
        add("token_embd_norm.weight", 8);
        add("blk.0.attn_norm.weight", 8);
        add("blk.0.shortconv.in_proj.weight", 24, 8);
        add("blk.0.shortconv.conv.weight", 8, 3);
        add("blk.0.shortconv.out_proj.weight", 8, 8);
        add("blk.0.ffn_norm.weight", 8);
        add("blk.0.ffn_gate.weight", 12, 8);
        add("blk.0.ffn_up.weight", 12, 8);
        add("blk.0.ffn_down.weight", 8, 12);
        add("blk.1.attn_norm.weight", 8);
        addAttention(1);
        add("blk.1.ffn_norm.weight", 8);
        add("blk.1.ffn_gate_inp.weight", 2, 8);
        add("blk.1.exp_probs_b.bias", 2);
        add("blk.1.ffn_gate_exps.weight", 2, 4, 8);
        add("blk.1.ffn_up_exps.weight", 2, 4, 8);
        add("blk.1.ffn_down_exps.weight", 2, 8, 4);
    }

    /** Puts a key of the architecture. */
    void own(String key, Object... typeAndValue) {
        metadata.put("lfm2moe." + key, bytes(typeAndValue));
    }

    private void number(String key, int value) {
        own(key, UINT32, value);
    }

    /** Adds a tensor of random values. */
    void add(String name, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        tensors.put(name, new Weights(Arrays.stream(shape).boxed().toList(), values));
    }

    /** Adds the tensors of an attention of two heads and one key-value head. */
    void addAttention(int layer) {
        String prefix = "blk." + layer + ".attn_";
        add(prefix + "q.weight", 8, 8);
        add(prefix + "k.weight", 4, 8);
        add(prefix + "v.weight", 4, 8);
        add(prefix + "output.weight", 8, 8);
        add(prefix + "q_norm.weight", 4);
        add(prefix + "k_norm.weight", 4);
    }

    /** Values one after the other in little-endian order; a text with its length before it. */
    static byte[] bytes(Object... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object value : values) {
            switch (value) {
                case Boolean b -> out.write(b ? 1 : 0);
                case Byte b -> out.write(b);
                case Integer i -> out.writeBytes(room(4).putInt(i).array());
                case Float f -> out.writeBytes(room(4).putFloat(f).array());
                case Long l -> out.writeBytes(room(8).putLong(l).array());
                case String s -> {
                    byte[] text = s.getBytes(StandardCharsets.UTF_8);
                    out.writeBytes(bytes((long) text.length));
                    out.writeBytes(text);
                }
                default -> throw new IllegalArgumentException(String.valueOf(value));
            }
        }
        return out.toByteArray();
    }

    private static ByteBuffer room(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    Path write(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(bytes(version, (long) tensors.size(), (long) metadata.size()));
        metadata.forEach((key, value) -> {
            out.writeBytes(bytes(key));
            out.writeBytes(value);
        });
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach((name, weights) -> {
            out.writeBytes(bytes(name, weights.shape.size()));
            weights.shape.reversed().forEach(size -> out.writeBytes(bytes(size)));
            out.writeBytes(bytes(types.getOrDefault(name, 0), (long) data.size()));
            for (float value : weights.values) {
                data.writeBytes(bytes(value));
            }
            pad(data);
        });
        pad(out);
        out.writeBytes(data.toByteArray());
        return Files.write(file, out.toByteArray());
    }

    private static void pad(ByteArrayOutputStream out) {
        out.writeBytes(new byte[Math.ceilDiv(out.size(), ALIGNMENT) * ALIGNMENT - out.size()]);
    }
}
