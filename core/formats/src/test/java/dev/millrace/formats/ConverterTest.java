/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.formats.tensor.BlockEncoder;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConverterTest {

    @TempDir
    private Path temp;

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0"})
    void whatIsWrittenReadsBackWithinTheTypesRounding(TensorType type) throws IOException {
        compare(new SmallFolder().write(temp.resolve("model")), type);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16", "Q8_0"})
    void theNanoModelReadsBack(TensorType type) throws IOException {
        compare(Shared.path("nano"), type);
    }

    @ParameterizedTest
    @EnumSource(names = {"Q8_0", "Q4_0"})
    void rowsThatBlocksDoNotDivideBecomeF16(TensorType type) throws IOException {
        SmallFolder small = new SmallFolder();
        small.config.put("intermediate_size", 48);
        small.config.put("moe_intermediate_size", 40);
        for (String name : List.copyOf(small.tensors.keySet())) {
            int inner = name.contains("experts.") ? 40 : 48;
            if (name.endsWith("w1.weight") || name.endsWith("w3.weight")) {
                small.add(TensorType.BF16, name, inner, 32);
            } else if (name.endsWith("w2.weight")) {
                small.add(TensorType.BF16, name, 32, inner);
            }
        }
        compare(small.write(temp.resolve("model")), type);
        try (ModelFile copy = new GgufFormat().open(temp.resolve("out.gguf"))) {
            for (Blueprint.Layer layer : copy.blueprint().layers()) {
                List<Blueprint.Dense> all = switch (layer.feedForward()) {
                    case Blueprint.Dense d -> List.of(d);
                    case Blueprint.Experts e -> e.experts();
                };
                for (Blueprint.Dense d : all) {
                    assertEquals(List.of(type, type, TensorType.F16),
                            List.of(d.gate().weight().type(), d.up().weight().type(), d.down().weight().type()));
                }
            }
        }
    }

    @Test
    void anUntiedHeadReadsBack() throws IOException {
        SmallFolder small = new SmallFolder();
        small.config.put("tie_word_embeddings", false);
        small.add(TensorType.BF16, "lm_head.weight", 40, 32);
        compare(small.write(temp.resolve("model")), TensorType.Q8_0);
        try (ModelFile copy = new GgufFormat().open(temp.resolve("out.gguf"))) {
            assertEquals("output.weight", copy.blueprint().head().name());
        }
    }

    private void compare(Path folder, TensorType type) throws IOException {
        Path out = temp.resolve("out.gguf");
        Converter.convert(folder, out, type, Progress.NONE);
        try (ModelFile source = new SafetensorsFormat().open(folder); ModelFile copy = new GgufFormat().open(out)) {
            List<Tensor> a = source.blueprint().tensors();
            List<Tensor> b = copy.blueprint().tensors();
            assertEquals(a.size(), b.size());
            for (int i = 0; i < a.size(); i++) {
                compare(a.get(i), b.get(i));
            }
            assertEquals(source.endTokens(), copy.endTokens());
            assertEquals(source.chatTemplate(), copy.chatTemplate());
            assertEquals(source.sampling(), copy.sampling());
            assertEquals(source.name(), copy.name());
            assertEquals(source.blueprint().contextLength(), copy.blueprint().contextLength());
        }
    }

    private static void compare(Tensor source, Tensor copy) throws IOException {
        float[] x = Tensors.values(source);
        float[] y = Tensors.values(copy);
        assertEquals(x.length, y.length);
        int block = copy.type().blockSize();
        for (int i = 0; i < x.length; i++) {
            float largest = 0;
            for (int j = i / block * block; j < (i / block + 1) * block; j++) {
                largest = Math.max(largest, Math.abs(x[j]));
            }
            // half a step of the grid, and the rounding of the scale to float16
            float bound = switch (copy.type()) {
                case F32 -> 0;
                case BF16 -> source.type() == TensorType.BF16 ? 0 : largest / 256;
                case F16 -> largest / 2048 + 0x1p-24f;
                case Q8_0 -> largest / 127 * 0.5f + largest / 1024 + 0x1p-18f;
                default -> largest / 8 + largest / 1024 + 0x1p-18f;
            };
            assertEquals(x[i], y[i], bound, copy.name() + " " + i);
        }
    }

    @Test
    void theVocabularyIsDerivedFromTheTokenizer() throws IOException {
        Path out = temp.resolve("out.gguf");
        Converter.convert(new SmallFolder().write(temp.resolve("model")), out, TensorType.Q8_0, Progress.NONE);
        VocabularySource.Table table = GgufFormat.vocabulary(out).orElseThrow();
        assertEquals(40, table.tokens().size());
        assertEquals("<|im_end|>", table.tokens().get(3));
        assertEquals("[PAD39]", table.tokens().get(39));
        assertArrayEquals(new int[]{3, 3, 3, 3, 4, 1}, Arrays.copyOf(table.types(), 6));
        assertEquals(5, table.types()[39]);
        assertEquals(List.of("a b"), table.merges());
        assertEquals(1, table.bos().orElseThrow());
        assertEquals(3, table.eos().orElseThrow());
        assertEquals("lfm2", table.pre());
        try (ModelFile model = new GgufFormat().open(out)) {
            assertEquals(Set.of(2, 3), model.endTokens());
            assertEquals(0.15, model.sampling().minP());
            assertEquals(0.3, model.sampling().temperature());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense", "moe"})
    void blocksAreThoseOfTheReferenceQuantiser(String kind) throws IOException {
        for (TensorType type : List.of(TensorType.Q8_0, TensorType.Q4_0)) {
            Path golden = Shared.path("golden/models/" + kind + "-" + (type == TensorType.Q8_0 ? "q8_0" : "q4_0")
                    + ".gguf");
            try (ModelFile exact = new GgufFormat().open(Shared.path("golden/models/" + kind + "-f32.gguf"));
                    ModelFile rounded = new GgufFormat().open(golden)) {
                List<Tensor> a = exact.blueprint().tensors();
                List<Tensor> b = rounded.blueprint().tensors();
                for (int i = 0; i < a.size(); i++) {
                    float[] values = Tensors.values(a.get(i));
                    Tensor want = b.get(i);
                    ByteBuffer got = ByteBuffer.allocate((int) want.byteSize());
                    BlockEncoder.encode(want.type(), values, values.length, got);
                    try (Arena arena = Arena.ofConfined()) {
                        assertArrayEquals(want.map(arena).toArray(ValueLayout.JAVA_BYTE), got.array(), want.name());
                    }
                }
            }
        }
    }

    @Test
    void theSameFolderGivesTheSameBytes() throws IOException {
        Path folder = new SmallFolder().write(temp.resolve("model"));
        Path fused = temp.resolve("fused");
        SmallFolder other = new SmallFolder();
        other.fuseExperts();
        other.config.put("_name_or_path", "model");
        other.write(fused);
        Converter.convert(folder, temp.resolve("a.gguf"), TensorType.Q4_0, Progress.NONE);
        Converter.convert(folder, temp.resolve("b.gguf"), TensorType.Q4_0, Progress.NONE);
        Converter.convert(fused, temp.resolve("c.gguf"), TensorType.Q4_0, Progress.NONE);
        assertEquals(-1, Files.mismatch(temp.resolve("a.gguf"), temp.resolve("b.gguf")));
        assertEquals(-1, Files.mismatch(temp.resolve("a.gguf"), temp.resolve("c.gguf")));
    }

    @Test
    void aStoppedConversionLeavesWhatWasThere() throws IOException {
        Path folder = new SmallFolder().write(temp.resolve("model"));
        Path out = temp.resolve("out.gguf");
        Files.writeString(out, "before");
        assertThrows(CancellationException.class, () -> Converter.convert(folder, out, TensorType.F16, (what, part) -> {
            if (part > 0.5) {
                throw new CancellationException();
            }
        }));
        assertEquals("before", Files.readString(out));
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(Set.of("model", "out.gguf"),
                    Set.copyOf(files.map(p -> String.valueOf(p.getFileName())).toList()));
        }
    }

    @Test
    void progressNeverFalls() throws IOException {
        double[] last = {0};
        Converter.convert(new SmallFolder().write(temp.resolve("model")), temp.resolve("out.gguf"), TensorType.F16,
                (what, part) -> {
                    assertTrue(part >= last[0] && part <= 1, what + " " + part);
                    last[0] = part;
                });
        assertEquals(1, last[0]);
    }

    @Test
    void theProgramSaysWhatIsWrong() throws IOException {
        Path folder = new SmallFolder().write(temp.resolve("model"));
        String out = temp.resolve("out.gguf").toString();
        assertEquals(0, Convert.run(folder.toString(), out, "q8_0"));
        assertEquals(2, Convert.run(folder.toString(), out));
        assertEquals(2, Convert.run(folder.toString(), out, "q6_k"));
        assertEquals(1, Convert.run(temp.resolve("nothing").toString(), out, "q8_0"));
    }
}
