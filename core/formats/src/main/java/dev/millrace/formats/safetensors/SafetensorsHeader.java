/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.WeightTable;
import dev.millrace.formats.content.FileKind;
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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the header of a safetensors file (Hugging Face, safetensors format description). Nothing in it is trusted. */
final class SafetensorsHeader {

    /** Real headers have a megabyte for some ten thousand tensors. */
    private static final long MAX_HEADER = 16L << 20;
    private static final Map<String, TensorType> TYPES = Map.of("F32", TensorType.F32, "F16", TensorType.F16, "BF16",
            TensorType.BF16);

    /**
     * A tensor.
     *
     * @param name unique in the file
     * @param type as the file spells it
     * @param shape slowest dimension first
     * @param file where it lies
     * @param offset of its first byte in the file
     * @param bytes how many it has; all of them lie inside the file
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Stored(String name, String type, long[] shape, WeightFile file, long offset, long bytes) {

        /** To be computed with, if its type and shape allow it. */
        WeightTable.Entry entry() {
            TensorType known = TYPES.get(type);
            if (known == null) {
                return WeightTable.Entry.unusable(name, shape,
                        "has the type " + type
                                + ", expected F32, F16 or BF16; take the model's GGUF file, or its folder in one of these");
            }
            long values = 1;
            for (long size : shape) {
                if (size < 1 || values > Long.MAX_VALUE / known.blockBytes() / size) {
                    return WeightTable.Entry.unusable(name, shape, "has an impossible dimension: " + size);
                }
                values *= size;
            }
            if (bytes != known.bytes(values)) {
                return WeightTable.Entry.unusable(name, shape,
                        "has " + bytes + " bytes, expected " + known.bytes(values));
            }
            long columns = columns();
            return WeightTable.Entry.of(new FileTensor(name, known, values / columns, columns, file, offset), shape);
        }

        /** The last dimension; MLX writes kernels of convolutions with their one channel last, which changes no byte. */
        private long columns() {
            int last = shape.length - 1;
            while (last >= 2 && shape[last] == 1) {
                last--;
            }
            return shape.length == 0 ? 1 : shape[last];
        }
    }

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
    static List<Stored> read(WeightFile file) {
        if (file.size() < 8) {
            throw new ModelFormatException(file.path(), "header", file.size() == 0
                    ? "is missing: the file is empty; fetch it again"
                    : "is cut off: the file has " + file.size() + " bytes; fetch it again");
        }
        ByteBuffer length = ByteBuffer.wrap(bytes(file, 0, 8)).order(ByteOrder.LITTLE_ENDIAN);
        long size = length.getLong();
        if (size < 2 || size > MAX_HEADER || size > file.size() - 8) {
            Optional<String> kind = size > MAX_HEADER || size < 2 ? FileKind.of(file.path()) : Optional.empty();
            if (kind.isPresent()) {
                throw new ModelFormatException(file.path(), "file", kind.get());
            }
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

    private List<Stored> tensors(byte[] header) {
        for (byte one : header) {
            if (one == 0) {
                throw wrong("header", "holds zeros, as a broken download leaves them; fetch it again");
            }
        }
        Object json;
        try {
            json = Json.parseFile(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString());
        } catch (CharacterCodingException | JsonException e) {
            throw new ModelFormatException(file.path(), "header", "is not JSON: " + e.getMessage(), e);
        }
        if (!(json instanceof Map<?, ?> map)) {
            throw wrong("header", "is not a JSON object");
        }
        List<Stored> all = new ArrayList<>();
        map.forEach((name, value) -> {
            if (!"__metadata__".equals(name)) {
                all.add(tensor(String.valueOf(name), value));
            }
        });
        all.sort(Comparator.comparingLong(Stored::offset).thenComparingLong(Stored::bytes));
        long end = dataStart;
        for (Stored stored : all) {
            if (stored.offset != end) {
                throw wrong(stored.name, "begins at byte " + (stored.offset - dataStart) + ", expected "
                        + (end - dataStart) + ", where the tensor before it ends");
            }
            end += stored.bytes;
        }
        if (end != dataStart + dataSize) {
            throw wrong("data", "has " + dataSize + " bytes, expected " + (end - dataStart)
                    + "; the file may be incomplete: fetch it again");
        }
        return all;
    }

    private Stored tensor(String name, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> fields)) {
            throw wrong(name, "is not a JSON object");
        }
        long[] shape = numbers(name, "shape", fields.get("shape"));
        long[] offsets = numbers(name, "data_offsets", fields.get("data_offsets"));
        if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataSize) {
            throw wrong(name, "has data_offsets outside the " + dataSize
                    + " bytes of data; the file may be incomplete: fetch it again");
        }
        return new Stored(name, String.valueOf(fields.get("dtype")), shape, file, dataStart + offsets[0],
                offsets[1] - offsets[0]);
    }

    private long[] numbers(String name, String field, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            throw wrong(name, "has no list " + field);
        }
        long[] numbers = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(list.get(i) instanceof Long n) || n < 0) {
                throw wrong(name, "has " + list.get(i) + " in " + field + ", expected whole numbers from 0");
            }
            numbers[i] = n;
        }
        return numbers;
    }

    private ModelFormatException wrong(String what, String problem) {
        return new ModelFormatException(file.path(), what, problem);
    }
}
