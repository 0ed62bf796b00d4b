/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenModelsTest {

    static ModelFile open(Path path) {
        List<ModelFormat> fitting = ServiceLoader.load(ModelFormat.class).stream().map(ServiceLoader.Provider::get)
                .filter(f -> f.recognises(path)).toList();
        assertEquals(1, fitting.size());
        return fitting.getFirst().open(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense-f32.gguf", "dense-q8_0.gguf", "dense-q4_0.gguf", "dense-hf", "moe-f32.gguf",
            "moe-q8_0.gguf", "moe-q4_0.gguf", "moe-hf"})
    void readsTheSameBlueprintFromEveryFormat(String name) throws IOException {
        boolean moe = name.startsWith("moe");
        try (ModelFile model = open(Shared.path("golden/models/" + name))) {
            Blueprint blueprint = model.blueprint();
            assertEquals(moe ? "lfm2moe" : "lfm2", blueprint.architecture());
            assertEquals(512, blueprint.vocabularySize());
            assertEquals(128, blueprint.hiddenSize());
            assertEquals(4096, blueprint.contextLength());
            assertSame(blueprint.embedding(), blueprint.head());
            assertEquals(6, blueprint.layers().size());
            for (int i = 0; i < 6; i++) {
                Blueprint.Layer layer = blueprint.layers().get(i);
                if (i == 2 || i == 4) {
                    Blueprint.Attention attention = assertInstanceOf(Blueprint.Attention.class, layer.mixer());
                    assertEquals(List.of(2, 1, 64),
                            List.of(attention.heads(), attention.kvHeads(), attention.headSize()));
                    assertEquals(1e6f, ((Position.Rope) attention.position()).base());
                    shape(attention.key().weight(), 64, 128);
                    shape(Objects.requireNonNull(attention.queryNorm()).weight(), 1, 64);
                } else {
                    Blueprint.ShortConv conv = assertInstanceOf(Blueprint.ShortConv.class, layer.mixer());
                    assertEquals(3, conv.width());
                    shape(conv.in(), 384, 128);
                    shape(conv.kernel(), 128, 3);
                    assertEquals(TensorType.F32, conv.kernel().type());
                }
                assertEquals(1e-5f, Objects.requireNonNull(layer.mixerNorms().before()).epsilon());
                assertEquals(TensorType.F32, Objects.requireNonNull(layer.mixerNorms().before()).weight().type());
                if (moe && i >= 2) {
                    Blueprint.Experts experts = assertInstanceOf(Blueprint.Experts.class, layer.feedForward());
                    assertEquals(8, experts.experts().size());
                    assertEquals(2, experts.used());
                    assertEquals(Blueprint.Gating.SIGMOID, experts.gating());
                    assertTrue(experts.normalise());
                    assertEquals(1f, experts.scale());
                    shape(experts.router().weight(), 8, 128);
                    shape(Objects.requireNonNull(experts.bias()), 1, 8);
                    shape(experts.experts().get(7).gate().weight(), 256, 128);
                    shape(experts.experts().get(7).down().weight(), 128, 256);
                } else {
                    shape(assertInstanceOf(Blueprint.Dense.class, layer.feedForward()).down().weight(), 128, 512);
                }
            }
            for (Tensor tensor : blueprint.tensors()) {
                readsAsItMaps(tensor);
            }
            assertEquals(Set.of(7), model.endTokens());
            assertEquals(Sampling.greedy(), model.sampling());
            assertEquals(Optional.empty(), model.chatTemplate());
            if (name.endsWith("gguf")) {
                VocabularySource.Table table = (VocabularySource.Table) model.vocabulary().orElseThrow();
                assertEquals(512, table.tokens().size());
                assertEquals("<|im_end|>", table.tokens().get(7));
                assertEquals(3, table.types()[7]);
                assertEquals("e e", table.merges().getFirst());
                assertEquals("lfm2", table.pre());
                assertEquals(1, table.bos().orElseThrow());
            }
        }
    }

    @Test
    void everyFormOfAModelHoldsNearlyTheSameWeights() throws IOException {
        // the quantised files hold the same random weights, rounded
        try (ModelFile exact = open(Shared.path("golden/models/moe-f32.gguf"));
                ModelFile rounded = open(Shared.path("golden/models/moe-q8_0.gguf"))) {
            List<Tensor> a = exact.blueprint().tensors();
            List<Tensor> b = rounded.blueprint().tensors();
            assertEquals(a.size(), b.size());
            for (int i = 0; i < a.size(); i++) {
                float[] x = Tensors.values(a.get(i));
                float[] y = Tensors.values(b.get(i));
                float largest = 0;
                for (float v : x) {
                    largest = Math.max(largest, Math.abs(v));
                }
                for (int j = 0; j < x.length; j++) {
                    assertEquals(x[j], y[j], largest / 200, a.get(i).name());
                }
            }
        }
    }

    @Test
    void opensTheNanoModel() {
        try (ModelFile model = open(Shared.path("nano"))) {
            assertEquals(8, model.blueprint().layers().size());
            assertEquals(2048, model.blueprint().vocabularySize());
            assertEquals(new Sampling(0.2, 80, 1, 0, 1.05, model.sampling().seed()), model.sampling());
            assertEquals(Set.of(4), model.endTokens());
            assertTrue(model.chatTemplate().orElseThrow().contains("<|im_start|>"));
            VocabularySource.HuggingFace vocabulary = (VocabularySource.HuggingFace) model.vocabulary().orElseThrow();
            assertEquals("<|startoftext|>", vocabulary.bos());
            assertEquals("<|im_end|>", vocabulary.eos());
            Blueprint.Experts experts = (Blueprint.Experts) model.blueprint().layers().get(2).feedForward();
            assertEquals(TensorType.F32, experts.router().weight().type());
            assertEquals(TensorType.BF16, experts.experts().getFirst().gate().weight().type());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "falcon", "deepseek-coder"})
    void readsVocabulariesOfOtherFamilies(String name) {
        VocabularySource.Table table = GgufFormat
                .vocabulary(Shared.path("golden/tokenizers/" + name + ".gguf")).orElseThrow();
        assertEquals("gpt2", table.model());
        assertEquals(table.tokens().size(), table.types().length);
        assertTrue(table.merges().size() > 10_000);
    }

    private static void shape(Tensor tensor, long rows, long columns) {
        assertArrayEquals(new long[]{rows, columns}, new long[]{tensor.rows(), tensor.columns()}, tensor.name());
    }

    private static void readsAsItMaps(Tensor tensor) throws IOException {
        float[] read = Tensors.values(tensor);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mapped = tensor.map(arena);
            assertEquals(tensor.byteSize(), mapped.byteSize());
            assertTrue(mapped.isReadOnly());
            assertArrayEquals(read, Tensors.decoded(tensor.type(), mapped), tensor.name());
        }
        long half = tensor.rows() / 2;
        if (half > 0) {
            Tensor second = tensor.slice(half, tensor.rows() - half);
            float[] part = Tensors.values(second);
            int from = read.length - part.length;
            for (int i = 0; i < part.length; i++) {
                assertEquals(read[from + i], part[i], second.name());
            }
        }
    }
}
