/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import org.junit.jupiter.params.provider.MethodSource;
import java.util.stream.Stream;
import java.util.Locale;
import java.nio.file.StandardCopyOption;
import java.nio.file.Files;
import java.nio.charset.StandardCharsets;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What GGUF files of other writers may hold. */
class GgufFileTest {

    private final SmallGguf small = new SmallGguf();
    @TempDir
    private Path temp;

    private ModelFile open() throws IOException {
        return new GgufFormat().open(small.write(temp.resolve("small.gguf")));
    }

    private void refused(String part) throws IOException {
        Path file = small.write(temp.resolve("small.gguf"));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file).close());
        assertEquals(part, e.part(), e.getMessage());
    }

    private float[] written(String name) {
        return Objects.requireNonNull(small.tensors.get(name), name).values();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void bothVersionsAreRead(int version) throws IOException {
        small.version = version;
        try (ModelFile model = open()) {
            Blueprint blueprint = model.blueprint();
            assertEquals(6, blueprint.vocabularySize());
            assertSame(blueprint.embedding(), blueprint.head());
            Set<String> names = blueprint.tensors().stream().map(Tensor::name).collect(Collectors.toSet());
            for (Tensor tensor : blueprint.tensors()) {
                if (small.tensors.containsKey(tensor.name())) {
                    assertArrayEquals(written(tensor.name()), Tensors.values(tensor), tensor.name());
                }
            }
            small.tensors.keySet().stream().filter(name -> !name.endsWith("_exps.weight"))
                    .forEach(name -> assertTrue(names.contains(name), name));
            List<Blueprint.Dense> experts = experts(model).experts();
            float[] gates = written("blk.1.ffn_gate_exps.weight");
            assertArrayEquals(Arrays.copyOf(gates, 32), Tensors.values(experts.get(0).gate().weight()));
            assertArrayEquals(Arrays.copyOfRange(gates, 32, 64), Tensors.values(experts.get(1).gate().weight()));
        }
    }

    @Test
    void nestedArraysAreRead() throws IOException {
        small.metadata.put("some.pairs", SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.ARRAY, 3L, SmallGguf.STRING, 2L,
                "a", "b", SmallGguf.INT32, 1L, -7, SmallGguf.BOOL, 0L));
        small.metadata.put("some.depth", nested(8));
        try (ModelFile model = open()) {
            assertEquals(List.of(List.of("a", "b"), List.of(-7L), List.of()), model.metadata().get("some.pairs"));
            assertEquals("[[[[[[[[5]]]]]]]]", String.valueOf(model.metadata().get("some.depth")));
            assertEquals("lfm2moe", model.blueprint().architecture());
        }
        small.metadata.put("some.depth", nested(9));
        refused("some.depth");
        small.metadata.put("some.depth", nested(100_000));
        refused("some.depth");
    }

    /** The number 5 in so many arrays. */
    private static byte[] nested(int depth) {
        List<Object> parts = new ArrayList<>();
        parts.add(SmallGguf.ARRAY);
        for (int i = 1; i < depth; i++) {
            parts.addAll(List.of(SmallGguf.ARRAY, 1L));
        }
        parts.addAll(List.of(SmallGguf.UINT32, 1L, 5));
        return SmallGguf.bytes(parts.toArray());
    }

    @Test
    void theOutputNormMayHaveItsUsualName() throws IOException {
        SmallGguf.Weights norm = Objects.requireNonNull(small.tensors.remove("token_embd_norm.weight"));
        refused("token_embd_norm.weight");
        small.tensors.put("output_norm.weight", norm);
        try (ModelFile model = open()) {
            assertArrayEquals(norm.values(), Tensors.values(model.blueprint().outputNorm().weight()));
        }
        small.add("token_embd_norm.weight", 8);
        try (ModelFile model = open()) {
            assertEquals("token_embd_norm.weight", model.blueprint().outputNorm().weight().name());
            assertEquals(List.of("output_norm.weight"), model.unusedTensors());
        }
    }

    @Test
    void anUntiedHeadIsTaken() throws IOException {
        small.add("output.weight", 6, 8);
        try (ModelFile model = open()) {
            assertEquals("output.weight", model.blueprint().head().name());
            assertArrayEquals(written("output.weight"), Tensors.values(model.blueprint().head()));
            assertArrayEquals(written("token_embd.weight"), Tensors.values(model.blueprint().embedding()));
        }
        small.add("output.weight", 5, 8);
        refused("output.weight");
    }

    @ParameterizedTest
    @ValueSource(ints = {SmallGguf.UINT32, SmallGguf.INT32})
    void keyValueHeadsSayWhichLayersAttend(int type) throws IOException {
        small.own("attention.head_count_kv", SmallGguf.ARRAY, type, 2L, 0, 1);
        try (ModelFile model = open()) {
            assertInstanceOf(Blueprint.ShortConv.class, model.blueprint().layers().get(0).mixer());
            assertEquals(1, assertInstanceOf(Blueprint.Attention.class, model.blueprint().layers().get(1).mixer())
                    .kvHeads());
        }
        small.own("attention.head_count_kv", SmallGguf.ARRAY, type, 2L, 0, -1);
        refused("lfm2moe.attention.head_count_kv");
        small.own("attention.head_count_kv", SmallGguf.ARRAY, type, 3L, 0, 1, 0);
        refused("lfm2moe.attention.head_count_kv");
    }

    @ParameterizedTest
    @ValueSource(ints = {SmallGguf.UINT32, SmallGguf.INT32})
    void oneCountOfKeyValueHeadsHoldsForEveryLayer(int type) throws IOException {
        small.own("attention.head_count_kv", type, 1);
        // a convolution stands where an attention is announced
        refused("blk.0.attn_q.weight");
        small.tensors.keySet().removeIf(name -> name.contains("shortconv"));
        small.addAttention(0);
        try (ModelFile model = open()) {
            for (Blueprint.Layer layer : model.blueprint().layers()) {
                assertEquals(1, assertInstanceOf(Blueprint.Attention.class, layer.mixer()).kvHeads());
            }
        }
    }

    @Test
    void expertWeightsAreNormalisedUnlessTheFileSaysOtherwise() throws IOException {
        try (ModelFile model = open()) {
            assertTrue(experts(model).normalise());
            assertEquals(1f, experts(model).scale());
        }
        small.own("expert_weights_norm", SmallGguf.BOOL, false);
        small.own("expert_weights_scale", SmallGguf.FLOAT32, 2.5f);
        try (ModelFile model = open()) {
            assertFalse(experts(model).normalise());
            assertEquals(2.5f, experts(model).scale());
        }
    }

    private static Blueprint.Experts experts(ModelFile model) {
        return assertInstanceOf(Blueprint.Experts.class, model.blueprint().layers().get(1).feedForward());
    }

    // ---- what nobody needs

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4, 5, 9, 16, 23, 24, 25, 26, 27, 28, 31, 36, 39, 40, 41, 1000, -1})
    void unusedTensorsMayHaveAnyType(int type) throws IOException {
        small.add("rope_freqs_of_someone", 7);
        small.types.put("rope_freqs_of_someone", type);
        try (ModelFile model = open()) {
            assertEquals(List.of("rope_freqs_of_someone"), model.unusedTensors());
        }
        small.types.put("blk.0.ffn_up.weight", type == 0 ? 1000 : type);
        refused("blk.0.ffn_up.weight");
    }

    static Stream<long[]> strangeShapes() {
        return Stream.of(new long[]{0}, new long[]{0, 8}, new long[]{8, 0}, new long[]{}, new long[]{1, 1, 1, 1, 1, 1},
                new long[]{2, 0, 3, 4});
    }

    @ParameterizedTest
    @MethodSource("strangeShapes")
    void unusedTensorsMayHaveAnyShapeAndName(long[] shape) throws IOException {
        for (String name : List.of("tag", "\u0000", "blk.9.attn_q.weight", "blk.0.new_part.weight",
                "\ud83e\udd80", "", " ", "x".repeat(500))) {
            small.add(name, shape);
        }
        try (ModelFile model = open()) {
            assertEquals(8, model.unusedTensors().size());
            model.checkWeights();
        }
        small.tensors.put("blk.0.attn_norm.weight", new SmallGguf.Weights(
                Arrays.stream(shape).boxed().toList(), new float[0]));
        refused("blk.0.attn_norm.weight");
    }

    /** The file with a text in its place everywhere; both have the same length. */
    private static void replace(Path file, String from, String to) throws IOException {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertTrue(bytes.contains(from), from);
        Files.writeString(file, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
    }

    @Test
    void keysThatNobodyNeedsMayStandTwiceAndHaveAnyName() throws IOException {
        small.metadata.put("general.author", SmallGguf.bytes(SmallGguf.STRING, "a"));
        small.metadata.put("general.auth0r", SmallGguf.bytes(SmallGguf.STRING, "b"));
        small.metadata.put("x.1", SmallGguf.bytes(SmallGguf.UINT32, 1));
        small.metadata.put("x.2", SmallGguf.bytes(SmallGguf.UINT32, 2));
        small.metadata.put("same.1", SmallGguf.bytes(SmallGguf.FLOAT32, 0.5f));
        small.metadata.put("same.2", SmallGguf.bytes(SmallGguf.FLOAT32, 0.5f));
        small.metadata.put("other.1", SmallGguf.bytes(SmallGguf.STRING, "a"));
        small.metadata.put("other.2", SmallGguf.bytes(SmallGguf.UINT32, 2));
        small.metadata.put("", SmallGguf.bytes(SmallGguf.BOOL, true));
        small.metadata.put(" ", SmallGguf.bytes(SmallGguf.BOOL, false));
        Path file = small.write(temp.resolve("twice.gguf"));
        replace(file, "general.auth0r", "general.author");
        replace(file, "x.1", "x.\u00fe");
        replace(file, "x.2", "x.\u00ff");
        replace(file, "same.2", "same.1");
        replace(file, "other.2", "other.1");
        try (ModelFile model = new GgufFormat().open(file)) {
            model.checkWeights();
            assertEquals("a", model.metadata().get("other.1"));
            String notes = String.join("\n", model.notes());
            for (String told : List.of("general.author stands twice", "other.1 stands twice", "has no name",
                    "not in UTF-8: x.\ufffd")) {
                assertTrue(notes.contains(told), notes);
            }
        }
        small.own("block_c0unt", SmallGguf.UINT32, 3);
        Path wrong = small.write(temp.resolve("wrong.gguf"));
        replace(wrong, "block_c0unt", "block_count");
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(wrong));
        assertTrue(e.getMessage().contains("block_count") && e.getMessage().contains("with two values"),
                e.getMessage());
    }

    @Test
    void tensorsThatNobodyNeedsMayStandTwice() throws IOException {
        small.add("rope_freqs", 4);
        small.add("rope_freq5", 4);
        Path file = small.write(temp.resolve("twice.gguf"));
        replace(file, "rope_freq5", "rope_freqs");
        try (ModelFile model = new GgufFormat().open(file)) {
            assertEquals(2, model.unusedTensors().size(), model.unusedTensors().toString());
            assertTrue(model.unusedTensors().contains("rope_freqs"), model.unusedTensors().toString());
        }
        Path twice = small.write(temp.resolve("used.gguf"));
        replace(twice, "blk.0.ffn_norm.weight", "blk.1.ffn_norm.weight");
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(twice));
        assertTrue(e.getMessage().contains("blk.1.ffn_norm.weight") || e.getMessage().contains("blk.0.ffn_norm.weight"),
                e.getMessage());
    }

    @Test
    void metadataMayHaveAnyEncodingTypeAndNumber() throws IOException {
        byte[] latin = "Gr\u00f6\u00dfe \u00ff".getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream author = new ByteArrayOutputStream();
        author.writeBytes(SmallGguf.bytes(SmallGguf.STRING, (long) latin.length));
        author.writeBytes(latin);
        small.metadata.put("general.author", author.toByteArray());
        small.metadata.put("general.half",
                SmallGguf.bytes(SmallGguf.STRING, 3L, (byte) 0xed, (byte) 0xa0, (byte) 0xbd));
        small.metadata.put("some.nan", SmallGguf.bytes(SmallGguf.FLOAT32, Float.NaN));
        small.metadata.put("some.infinite",
                SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.FLOAT32, 1L, Float.NEGATIVE_INFINITY));
        small.metadata.put("some.nothing", SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.STRING, 0L));
        small.metadata.put("lfm2moe.unknown.key", SmallGguf.bytes(SmallGguf.STRING, ""));
        small.metadata.put("\ud83e\udd80", SmallGguf.bytes(SmallGguf.BOOL, true));
        try (ModelFile model = open()) {
            assertEquals("Gr\ufffd\ufffde \ufffd", model.metadata().get("general.author"));
            assertEquals(Double.NaN, model.metadata().get("some.nan"));
        }
    }

    // ---- split files

    private Path split(int parts, String name) throws IOException {
        List<String> names = List.copyOf(small.tensors.keySet());
        for (int part = 0; part < parts; part++) {
            SmallGguf each = new SmallGguf();
            if (part > 0) {
                each.metadata.clear();
            }
            each.metadata.put("split.no", SmallGguf.bytes(SmallGguf.UINT32, part));
            each.metadata.put("split.count", SmallGguf.bytes(SmallGguf.UINT32, parts));
            each.metadata.put("split.tensors.count", SmallGguf.bytes(SmallGguf.INT32, names.size()));
            each.tensors.clear();
            // llama.cpp may leave the first part without tensors
            int from = part == 0 ? 0 : (part - 1) * names.size() / (parts - 1);
            int to = part == 0 ? 0 : part * names.size() / (parts - 1);
            for (String tensor : names.subList(from, to)) {
                each.tensors.put(tensor, Objects.requireNonNull(small.tensors.get(tensor)));
            }
            each.write(temp.resolve(part(name, part, parts)));
        }
        return temp.resolve(part(name, 0, parts));
    }

    private static String part(String name, int part, int parts) {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", name, part + 1, parts);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void partsAreReadFromAnyOfThem(int parts) throws IOException {
        split(parts, "m o-1-of-2");
        try (ModelFile whole = open()) {
            for (int part = 0; part < parts; part++) {
                try (ModelFile model = new GgufFormat().open(temp.resolve(part("m o-1-of-2", part, parts)))) {
                    List<Tensor> expected = whole.blueprint().tensors();
                    List<Tensor> tensors = model.blueprint().tensors();
                    for (int i = 0; i < expected.size(); i++) {
                        assertArrayEquals(Tensors.values(expected.get(i)), Tensors.values(tensors.get(i)));
                    }
                }
            }
        }
    }

    @Test
    void whatIsWrongWithPartsIsTold() throws IOException {
        Path first = split(3, "m");
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Path alone = Files.copy(first, folder.resolve("m-00001-of-00003.gguf"));
        message(alone, "part 2 of 3", "is missing; put m-00002-of-00003.gguf beside");
        message(Files.copy(first, folder.resolve("renamed.gguf")), "give all parts their names back");
        message(Files.copy(temp.resolve("m-00002-of-00003.gguf"), folder.resolve("second.gguf")),
                "give the one whose name has -00001-of-");
        Path cut = folder.resolve("m-00002-of-00003.gguf");
        byte[] bytes = Files.readAllBytes(temp.resolve("m-00002-of-00003.gguf"));
        Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
        Files.copy(temp.resolve("m-00003-of-00003.gguf"), folder.resolve("m-00003-of-00003.gguf"));
        message(alone, "m-00002-of-00003.gguf");
        Files.write(cut, bytes);
        new GgufFormat().open(alone).close();
        Files.copy(cut, folder.resolve("m-00003-of-00003.gguf"), StandardCopyOption.REPLACE_EXISTING);
        message(alone, "m-00003-of-00003.gguf", "is part 2, not part 3");
    }

    private static void message(Path file, String... parts) {
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file).close());
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }
}
