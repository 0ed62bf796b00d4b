/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.spi.model.VocabularySource.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Just enough of GGUF to read the vocabulary of a test file. */
final class GgufMetadata {

    private final ByteBuffer in;

    private GgufMetadata(ByteBuffer in) {
        this.in = in;
    }

    static Table table(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Object> values = new GgufMetadata(in).values();
        return new Table((String) values.getOrDefault("tokenizer.ggml.model", ""),
                (String) values.getOrDefault("tokenizer.ggml.pre", ""), strings(values, "tokenizer.ggml.tokens"),
                list(values, "tokenizer.ggml.token_type").stream().mapToInt(i -> ((Number) i).intValue()).toArray(),
                new float[0], strings(values, "tokenizer.ggml.merges"), id(values, "tokenizer.ggml.bos_token_id"),
                id(values, "tokenizer.ggml.eos_token_id"), id(values, "tokenizer.ggml.unknown_token_id"),
                Boolean.TRUE.equals(values.get("tokenizer.ggml.add_space_prefix")));
    }

    private static List<?> list(Map<String, Object> values, String key) {
        return (List<?>) values.getOrDefault(key, List.of());
    }

    private static List<String> strings(Map<String, Object> values, String key) {
        return list(values, key).stream().map(String.class::cast).toList();
    }

    private static OptionalInt id(Map<String, Object> values, String key) {
        return values.get(key) instanceof Number id ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
    }

    private Map<String, Object> values() {
        in.position(16);
        long count = in.getLong();
        Map<String, Object> values = new HashMap<>();
        for (long i = 0; i < count; i++) {
            String key = string();
            values.put(key, value(in.getInt()));
        }
        return values;
    }

    private String string() {
        byte[] bytes = new byte[(int) in.getLong()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
        return switch (type) {
            case 0, 1 -> in.get();
            case 2, 3 -> in.getShort();
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string();
            case 9 -> {
                int inner = in.getInt();
                long count = in.getLong();
                List<Object> list = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    list.add(value(inner));
                }
                yield list;
            }
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }
}
