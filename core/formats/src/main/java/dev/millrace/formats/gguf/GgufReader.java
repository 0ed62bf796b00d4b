/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.content.FileKind;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header of a GGUF file, versions 2 and 3 (ggml, {@code docs/gguf.md}). Nothing in it is trusted: what is
 * allocated is bounded by what is really there.
 */
final class GgufReader {

    static final int MAGIC = 0x46554747;
    static final int DEFAULT_ALIGNMENT = 32;

    private static final int MAX_ALIGNMENT = 1 << 20;
    /** More than ggml has; files of other programs may have such tensors, too. */
    private static final int MAX_DIMENSIONS = 64;
    private static final int MAX_NESTING = 8;
    private static final int MOST_NOTES = 100;
    /** Stands in a text where bytes are not UTF-8. */
    private static final char NO_TEXT = '\uFFFD';
    private static final List<String> NEEDED = List.of("general.sampling.", "tokenizer.", "split.");
    private static final Set<String> COMPUTED = Set.of("general.architecture", "general.alignment", "general.type");
    /** Strings, arrays and tensors together; a vocabulary of 256 thousand with its merges has half a million. */
    private static final int MAX_OBJECTS = 1 << 22;

    private final WeightFile file;
    private final HeaderBytes in;
    private final Set<String> nameless = new HashSet<>();
    private final List<String> notes = new ArrayList<>();
    private int objects;

    private GgufReader(WeightFile file) {
        this.file = file;
        this.in = new HeaderBytes(file);
    }

    /**
     * Reads the header.
     *
     * @param file stays open
     * @return everything that stands before the weights
     * @throws ModelFormatException if it is damaged or not supported
     */
    static GgufHeader read(WeightFile file) {
        GgufReader reader = new GgufReader(file);
        try {
            return reader.header();
        } catch (ModelFormatException e) {
            throw reader.in.zeros()
                    .map(zeros -> new ModelFormatException(file.path(), e.part(), "cannot be read: bytes "
                            + zeros + " of the file are zeros, as a broken download leaves them; fetch it again", e))
                    .orElse(e);
        }
    }

    private GgufHeader header() {
        if (file.size() < 4 || in.int32("header") != MAGIC) {
            throw in.wrong("header", FileKind.of(file.path())
                    .orElse("does not begin with GGUF: it is another kind of file, or a damaged one; fetch it again"));
        }
        int version = in.int32("version");
        if (version != 2 && version != 3) {
            boolean swapped = Integer.reverseBytes(version) == 3;
            throw in.wrong("version", swapped
                    ? "is big-endian; only little-endian files are read"
                    : "is " + Integer.toUnsignedString(version)
                            + ", expected 2 or 3; take a newer file of the model, or a newer Millrace");
        }
        int tensorCount = in.count("number of tensors", 8 + 4 + 8 + 4 + 8);
        int keyCount = in.count("number of keys", 8 + 4 + 1);
        Map<String, Object> metadata = new LinkedHashMap<>();
        List<GgufHeader.Key> keys = new ArrayList<>();
        Set<String> contradicted = new LinkedHashSet<>();
        for (int i = 0; i < keyCount; i++) {
            long from = in.position();
            String key = key(i);
            Object value = value(type(key), key, 0);
            if (!metadata.containsKey(key)) {
                metadata.put(key, value);
                keys.add(new GgufHeader.Key(key, from, in.position()));
            } else if (!value.equals(metadata.get(key))) {
                contradicted.add(key);
            }
        }
        String architecture = String.valueOf(metadata.get("general.architecture"));
        for (String key : contradicted) {
            if (isNeeded(key, architecture)) {
                throw in.wrong(key, "stands twice in the metadata, with two values");
            }
            note(key + " stands twice in the metadata, with two values; the first counts.");
        }
        long alignment = alignment(metadata);
        List<Declared> declared = new ArrayList<>();
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < tensorCount; i++) {
            Declared tensor = declared(i);
            Integer before = places.putIfAbsent(tensor.name, i);
            if (before == null) {
                declared.add(tensor);
            } else {
                Declared first = declared.get(before);
                declared.set(before, unusable(first.name, first.shape, first.offset, "stands twice among the tensors"));
                declared.add(unusable("tensor " + i, tensor.shape, tensor.offset, "has the name of " + first.name));
            }
        }
        return new GgufHeader(metadata, keys, placed(declared, alignment), notes);
    }

    private String key(int index) {
        String key = in.string("key " + index);
        made("key " + index);
        if (key.indexOf(NO_TEXT) >= 0) {
            note("A key of the metadata has a name that is not in UTF-8: " + key + ".");
        } else if (key.isBlank()) {
            note("A key of the metadata has no name; it is called key " + index + ".");
        }
        return named(key, "key " + index, "keys");
    }

    private void note(String sentence) {
        if (notes.size() < MOST_NOTES) {
            notes.add(sentence);
        }
    }

    /** Its place, if it is the only one of its kind without a name: more of them are no slip but a damaged file. */
    private String named(String name, String place, String kind) {
        if (!name.isBlank()) {
            return name;
        }
        if (name.isEmpty() && !nameless.add(kind)) {
            throw in.wrong(place, "has no name, as others of the " + kind + " before it");
        }
        return place;
    }

    /** Whether something may be computed with a key: not with what makers say of themselves, and what other programs put there. */
    private static boolean isNeeded(String key, String architecture) {
        return key.indexOf(NO_TEXT) < 0 && (COMPUTED.contains(key)
                || NEEDED.stream().anyMatch(key::startsWith) || key.startsWith(architecture + "."));
    }

    /** A tensor's name, or its place where the file gives it none: no model needs it then, and people are told of it so. */
    private String name(int index) {
        String place = "tensor " + index;
        String name = in.string(place);
        made(place);
        return named(name, place, "tensors");
    }

    private void made(String what) {
        if (++objects > MAX_OBJECTS) {
            throw in.wrong(what, "is one of more than " + MAX_OBJECTS + " strings, arrays and tensors");
        }
    }

    private ValueType type(String key) {
        int id = in.int32(key);
        ValueType type = ValueType.of(id);
        if (type == null) {
            throw in.wrong(key, "has the value type " + Integer.toUnsignedString(id) + ", expected 0 to 12");
        }
        return type;
    }

    private Object value(ValueType type, String key, int depth) {
        return switch (type) {
            case STRING -> {
                made(key);
                yield in.string(key);
            }
            case ARRAY -> array(key, depth + 1);
            default -> in.plain(type, key);
        };
    }

    private List<Object> array(String key, int depth) {
        made(key);
        if (depth > MAX_NESTING) {
            throw in.wrong(key, "nests arrays deeper than " + MAX_NESTING);
        }
        ValueType type = type(key);
        if (type.bytes() > 0) {
            int count = in.count(key, type.bytes());
            return new PlainArray(type, in.bytes(count * type.bytes(), key));
        }
        int count = in.count(key, type == ValueType.STRING ? 8 : 4 + 8);
        List<Object> values = new ArrayList<>(Math.min(count, MAX_OBJECTS));
        for (int i = 0; i < count; i++) {
            values.add(value(type, key, depth));
        }
        return values;
    }

    private long alignment(Map<String, Object> metadata) {
        Object value = metadata.getOrDefault("general.alignment", (long) DEFAULT_ALIGNMENT);
        if (value instanceof Long n && n > 0 && n <= MAX_ALIGNMENT && Long.bitCount(n) == 1) {
            return n;
        }
        throw in.wrong("general.alignment", "is " + value + ", expected a power of two up to " + MAX_ALIGNMENT);
    }

    /** A tensor before it has its place; what is wrong with it matters only to those who use it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Declared(String name, @Nullable TensorType type, long[] shape, long bytes, long offset,
            String problem) {
    }

    private Declared declared(int index) {
        String name = name(index);
        int dimensions = in.int32(name);
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw in.wrong(name, "has " + Integer.toUnsignedString(dimensions) + " dimensions, expected 1 to 4");
        }
        long[] shape = new long[dimensions];
        for (int d = dimensions - 1; d >= 0; d--) {
            shape[d] = in.int64(name);
        }
        int id = in.int32(name);
        long offset = in.int64(name);
        TensorType type = GgufTensorTypes.type(id);
        if (type == null) {
            return unusable(name, shape, offset, "has the type " + GgufTensorTypes.spelling(id)
                    + ", which is not supported");
        }
        if (dimensions == 0) {
            return unusable(name, shape, offset, "has no dimensions, expected 1 to 4");
        }
        long values = 1;
        for (long size : shape) {
            if (size < 1 || values > Long.MAX_VALUE / size) {
                return unusable(name, shape, offset, "has an impossible dimension: " + Long.toUnsignedString(size));
            }
            values *= size;
        }
        long columns = shape[dimensions - 1];
        if (columns % type.blockSize() != 0) {
            return unusable(name, shape, offset, "has rows of " + columns + " values, expected a multiple of "
                    + type.blockSize() + " for " + type);
        }
        if (values / type.blockSize() > Long.MAX_VALUE / type.blockBytes()) {
            return unusable(name, shape, offset, "has more values than any file can hold: " + values);
        }
        return new Declared(name, type, shape, type.bytes(values), offset, "");
    }

    private static Declared unusable(String name, long[] shape, long offset, String problem) {
        return new Declared(name, null, shape, 0, offset, problem);
    }

    private List<GgufHeader.Entry> placed(List<Declared> declared, long alignment) {
        long start = Math.ceilDiv(in.position(), alignment) * alignment;
        long room = Math.max(0, file.size() - start);
        Map<String, String> problems = new HashMap<>();
        List<Declared> ordered = new ArrayList<>();
        for (Declared tensor : declared) {
            String problem = misplaced(tensor, alignment, room);
            problems.put(tensor.name, problem);
            if (problem.isEmpty()) {
                ordered.add(tensor);
            }
        }
        ordered.sort(Comparator.comparingLong(Declared::offset));
        for (int i = 1; i < ordered.size(); i++) {
            Declared before = ordered.get(i - 1);
            Declared tensor = ordered.get(i);
            if (tensor.offset < before.offset + before.bytes) {
                problems.put(tensor.name, "overlaps with " + before.name);
                problems.put(before.name, "overlaps with " + tensor.name);
            }
        }
        return declared.stream().map(t -> new GgufHeader.Entry(t.name, t.type, t.shape, start + t.offset,
                problems.getOrDefault(t.name, ""))).toList();
    }

    /** What is wrong with a tensor, empty if nothing is. */
    private String misplaced(Declared tensor, long alignment, long room) {
        if (!tensor.problem.isEmpty()) {
            return tensor.problem;
        }
        if (tensor.offset < 0 || tensor.offset % alignment != 0) {
            return "begins at " + Long.toUnsignedString(tensor.offset) + ", expected a multiple of " + alignment;
        }
        return tensor.bytes > room || tensor.offset > room - tensor.bytes
                ? "has " + tensor.bytes + " bytes from " + tensor.offset + ", but " + file.path().getFileName()
                        + " has only " + room + " bytes of weights; it may be incomplete: fetch it again"
                : "";
    }
}
