/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The tensors of a safetensors file, to be changed and written again. */
final class Safetensors {

    /** A tensor as it is stored. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Stored(String type, List<?> shape, byte[] bytes) {
    }

    final Map<String, Stored> tensors = new LinkedHashMap<>();

    static Safetensors read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        Map<?, ?> json = (Map<?, ?>) Objects
                .requireNonNull(Json.parse(new String(bytes, 8, header, StandardCharsets.UTF_8)));
        Safetensors read = new Safetensors();
        json.forEach((name, value) -> {
            if (value instanceof Map<?, ?> entry && entry.get("data_offsets") instanceof List<?> offsets
                    && entry.get("shape") instanceof List<?> shape) {
                int from = 8 + header + ((Long) offsets.get(0)).intValue();
                int to = 8 + header + ((Long) offsets.get(1)).intValue();
                read.tensors.put(String.valueOf(name), new Stored(String.valueOf(entry.get("dtype")), shape,
                        Arrays.copyOfRange(bytes, from, to)));
            }
        });
        return read;
    }

    void write(Path file) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach((name, tensor) -> {
            int begin = data.size();
            data.writeBytes(tensor.bytes);
            header.put(name, Map.of("dtype", tensor.type, "shape", tensor.shape, "data_offsets",
                    List.of(begin, data.size())));
        });
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        Files.write(file, ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length).put(json).put(data.toByteArray()).array());
    }
}
