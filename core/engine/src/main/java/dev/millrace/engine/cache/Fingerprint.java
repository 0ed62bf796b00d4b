/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.WeightSketch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a saved conversation remembers of its model, so that another file is known for the same network or refused.
 *
 * <p>
 * The rule: a model whose vocabulary or layers differ, or whose weights have nothing to do with those it was saved with, is another
 * one. Of the same network, the state goes on if the numbers are the same: the files are unchanged, or all weights that can be
 * compared are equal but for rounding to 16 bits. Where they are not (another quantisation, some training), or where nothing
 * can be compared, the messages go on and are read again.
 *
 * @param name what the model calls itself
 * @param form how it is stored: a quantisation, or a variant
 * @param vocabularySize logits in a row
 * @param shapes what each layer keeps
 * @param spellings checksums of some tokens
 * @param identity of its files
 * @param sketch some of its weights
 */
public record Fingerprint(String name, String form, int vocabularySize, List<StateShape> shapes,
        List<Integer> spellings, String identity, WeightSketch sketch) {

    private static final int TOKENS = 256;
    private static final int STRIDE = 61;

    /** What a model is to the one that a conversation was saved with. */
    public enum Kinship {
        /** Its numbers are the same. */
        SAME,
        /** It is the same network, stored otherwise. */
        RELATED,
        /** It is another model. */
        OTHER
    }

    /** Copies the lists. */
    public Fingerprint {
        shapes = List.copyOf(shapes);
        spellings = List.copyOf(spellings);
    }

    /**
     * The fingerprint of a model that runs.
     *
     * @param form how it is stored
     * @param variant name of the variant that runs, empty for a blueprint
     * @param identity of the files
     * @param tokens how many the vocabulary has
     * @param spelling the bytes of a token
     * @throws IOException if its weights cannot be read
     */
    public static Fingerprint of(ModelFile file, Program program, String form, String variant, String identity,
            int tokens, IntFunction<byte[]> spelling) throws IOException {
        List<Integer> spellings = new ArrayList<>();
        for (int i = 0; i < TOKENS && i * STRIDE < tokens; i++) {
            CRC32C checksum = new CRC32C();
            checksum.update(spelling.apply(i * STRIDE));
            spellings.add((int) checksum.getValue());
        }
        return new Fingerprint(file.name(), form, program.vocabularySize(), program.stateShapes(), spellings, identity,
                file.sketch(program, variant));
    }

    /** What another model is to this one. */
    public Kinship of(Fingerprint other) {
        int common = Math.min(spellings.size(), other.spellings.size());
        if (vocabularySize != other.vocabularySize || !sizes(shapes).equals(sizes(other.shapes))
                || !spellings.subList(0, common).equals(other.spellings.subList(0, common))) {
            return Kinship.OTHER;
        }
        if (identity.equals(other.identity)) {
            return Kinship.SAME;
        }
        return switch (sketch.compare(other.sketch)) {
            case EQUAL -> Kinship.SAME;
            case SIMILAR, UNKNOWN -> Kinship.RELATED;
            case OTHER -> Kinship.OTHER;
        };
    }

    /** Without windows: some formats do not tell them. */
    private static List<StateShape> sizes(List<StateShape> shapes) {
        return shapes.stream().map(shape -> shape instanceof StateShape.KeyValues kv
                ? new StateShape.KeyValues(kv.heads(), kv.headSize())
                : shape).toList();
    }

    /** For people. */
    @Override
    public String toString() {
        return name + " (" + form + ")";
    }

    /** As JSON. */
    public Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("name", name);
        map.put("form", form);
        map.put("vocabularySize", vocabularySize);
        map.put("shapes", shapes.stream().map(shape -> switch (shape) {
            case StateShape.KeyValues kv -> List.of(kv.heads(), kv.headSize(), kv.window());
            case StateShape.ConvColumns columns -> List.of(columns.channels(), columns.columns());
        }).toList());
        map.put("spellings", spellings);
        map.put("identity", identity);
        map.put("sketch", sketch.diagonals().stream().map(Fingerprint::text).toList());
        return map;
    }

    /**
     * From JSON.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Fingerprint ofMap(Map<?, ?> map) {
        try {
            List<StateShape> shapes = new ArrayList<>();
            for (Object shape : (List<?>) value(map, "shapes")) {
                List<?> sizes = (List<?>) shape;
                shapes.add(sizes.size() == 3
                        ? new StateShape.KeyValues(number(sizes.get(0)), number(sizes.get(1)), number(sizes.get(2)))
                        : new StateShape.ConvColumns(number(sizes.get(0)), number(sizes.get(1))));
            }
            return new Fingerprint((String) value(map, "name"), (String) value(map, "form"),
                    number(value(map, "vocabularySize")), shapes,
                    ((List<?>) value(map, "spellings")).stream().map(Fingerprint::number).toList(),
                    (String) value(map, "identity"),
                    new WeightSketch(((List<?>) value(map, "sketch")).stream().map(Fingerprint::diagonal).toList()));
        } catch (ClassCastException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("A fingerprint of a model cannot be read.", e);
        }
    }

    private static Object value(Map<?, ?> map, String key) {
        Object value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException("A fingerprint of a model has no " + key + ".");
        }
        return value;
    }

    private static int number(@Nullable Object value) {
        if (value instanceof Number number) {
            return number.intValue();
        }
        throw new IllegalArgumentException("A fingerprint of a model has " + value + " where a number is expected.");
    }

    private static String text(float[] diagonal) {
        ByteBuffer bytes = ByteBuffer.allocate(diagonal.length * Float.BYTES);
        bytes.asFloatBuffer().put(diagonal);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private static float[] diagonal(@Nullable Object text) {
        float[] diagonal = new float[WeightSketch.VALUES];
        if (!(text instanceof String base64)) {
            throw new IllegalArgumentException("A fingerprint of a model has " + text + " where weights are expected.");
        }
        byte[] bytes = Base64.getDecoder().decode(base64);
        if (bytes.length != diagonal.length * Float.BYTES) {
            throw new IllegalArgumentException("A fingerprint of a model has " + bytes.length + " bytes of a matrix.");
        }
        ByteBuffer.wrap(bytes).asFloatBuffer().get(diagonal);
        return diagonal;
    }
}
