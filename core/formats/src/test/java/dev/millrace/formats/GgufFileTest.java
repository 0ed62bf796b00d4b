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
}
