/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the header of a safetensors file (Hugging Face, safetensors format description). Nothing in it is trusted. */
final class SafetensorsHeader {

    /** Real headers have a megabyte for some ten thousand tensors. */
    private static final long MAX_HEADER = 16L << 20;
    private static final int MAX_DIMENSIONS = 8;
    private static final Map<String, TensorType> TYPES = Map.of("F32", TensorType.F32, "F16", TensorType.F16, "BF16",
            TensorType.BF16);

    private final WeightFile file;
    private final long dataStart;
    private final long dataSize;

    private SafetensorsHeader(WeightFile file, long dataStart) {
        this.file = file;
        this.dataStart = dataStart;
        this.dataSize = file.size() - dataStart;
    }

    /**
     * Reads the tensors of a file.
     *
     * @param file stays open
     * @return the tensors in the order of their bytes
     * @throws ModelFormatException if the header is damaged or a type not supported
     */
    static List<WeightTable.Entry> read(WeightFile file) {
        if (file.size() < 8) {
            throw new ModelFormatException(file.path(), "header", "is cut off: the file has " + file.size() + " bytes");
        }
        ByteBuffer length = ByteBuffer.wrap(bytes(file, 0, 8)).order(ByteOrder.LITTLE_ENDIAN);
        long size = length.getLong();
        if (size < 2 || size > MAX_HEADER || size > file.size() - 8) {
            throw new ModelFormatException(file.path(), "header", "claims " + Long.toUnsignedString(size)
                    + " bytes in a file of " + file.size() + ", expected 2 to " + MAX_HEADER);
        }
        return new SafetensorsHeader(file, 8 + size).tensors(bytes(file, 8, (int) size));
    }

    private static byte[] bytes(WeightFile file, long at, int count) {
        byte[] bytes = new byte[count];
        try {
            file.read(at, ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            throw new ModelFormatException(file.path(), "header", "cannot be read: " + e.getMessage(), e);
        }
        return bytes;
    }

    private List<WeightTable.Entry> tensors(byte[] header) {
        Object json;
        try {
            json = Json.parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString());
        } catch (CharacterCodingException | JsonException e) {
            throw new ModelFormatException(file.path(), "header", "is no JSON: " + e.getMessage(), e);
        }
        if (!(json instanceof Map<?, ?> map)) {
            throw wrong("header", "is no JSON object");
        }
        List<Placed> placed = new ArrayList<>();
        map.forEach((name, value) -> {
            if (!"__metadata__".equals(name)) {
                placed.add(tensor(String.valueOf(name), value));
            }
        });
        placed.sort(Comparator.comparingLong(Placed::begin).thenComparingLong(Placed::end));
        long end = 0;
        for (Placed p : placed) {
            if (p.begin != end) {
                throw wrong(p.entry.name(), "begins at byte " + p.begin + ", expected " + end
                        + ", where the tensor before it ends");
            }
            end = p.end;
        }
        if (end != dataSize) {
            throw wrong("data", "has " + dataSize + " bytes, expected " + end + "; the file may be incomplete");
        }
        return placed.stream().map(Placed::entry).toList();
    }

    private record Placed(WeightTable.Entry entry, long begin, long end) {
    }

    private Placed tensor(String name, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> fields)) {
            throw wrong(name, "is no JSON object");
        }
        TensorType type = fields.get("dtype") instanceof String dtype ? TYPES.get(dtype) : null;
        if (type == null) {
            throw wrong(name, "has the type " + fields.get("dtype") + ", expected F32, F16 or BF16");
        }
        long[] shape = numbers(name, "shape", fields.get("shape"), 1);
        if (shape.length > MAX_DIMENSIONS) {
            throw wrong(name, "has " + shape.length + " dimensions, expected at most " + MAX_DIMENSIONS);
        }
        long values = 1;
        for (long size : shape) {
            if (values > Long.MAX_VALUE / type.blockBytes() / size) {
                throw wrong(name, "has more values than any file can hold");
            }
            values *= size;
        }
        long[] offsets = numbers(name, "data_offsets", fields.get("data_offsets"), 0);
        if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataSize) {
            throw wrong(name,
                    "has data_offsets outside the " + dataSize + " bytes of data; the file may be incomplete");
        }
        if (offsets[1] - offsets[0] != type.bytes(values)) {
            throw wrong(name, "has " + (offsets[1] - offsets[0]) + " bytes, expected " + type.bytes(values));
        }
        long columns = shape.length == 0 ? 1 : shape[shape.length - 1];
        FileTensor tensor = new FileTensor(name, type, values / columns, columns, file, dataStart + offsets[0]);
        return new Placed(WeightTable.Entry.of(tensor, shape), offsets[0], offsets[1]);
    }

    private long[] numbers(String name, String field, @Nullable Object value, long min) {
        if (!(value instanceof List<?> list)) {
            throw wrong(name, "has no list " + field);
        }
        long[] numbers = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(list.get(i) instanceof Long n) || n < min) {
                throw wrong(name, "has " + list.get(i) + " in " + field + ", expected whole numbers from " + min);
            }
            numbers[i] = n;
        }
        return numbers;
    }

    private ModelFormatException wrong(String what, String problem) {
        return new ModelFormatException(file.path(), what, problem);
    }
}
