/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.Progress;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SynthesiserTest {

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"f32", "f16", "q8_0", "q4_0", "q4_k_m"})
    void writesModelsOfSaneWeights(String quantisation) throws IOException {
        Path out = temp.resolve("tiny.gguf");
        Synthesiser.write("tiny", quantisation, 1, out, Progress.NONE);
        try (ModelFile model = new GgufFormat().open(out)) {
            Blueprint blueprint = model.blueprint();
            assertEquals("lfm2moe", blueprint.architecture());
            assertEquals(Set.of(7), model.endTokens());
            for (Tensor tensor : blueprint.tensors()) {
                if (tensor.rows() == 1) {
                    continue;
                }
                double sum = 0;
                double squares = 0;
                float[] values = Tensors.values(tensor);
                for (float v : values) {
                    sum += v;
                    squares += (double) v * v;
                }
                double deviation = Math.sqrt(squares / values.length);
                double expected = 1 / Math.sqrt((double) tensor.columns());
                assertEquals(expected, deviation, expected / 8, tensor.name());
                // a mean of a tenth of the deviation, as codes from -8 to 7 have, would make all tokens alike
                double chance = 4 / Math.sqrt(values.length);
                assertEquals(0, sum / values.length, expected * Math.min(0.125, 0.02 + chance), tensor.name());
            }
            TensorType embedding = quantisation.startsWith("q4")
                    ? TensorType.Q6_K
                    : TensorType.valueOf(quantisation.toUpperCase(Locale.ROOT));
            assertEquals(embedding, blueprint.embedding().type());
            VocabularySource.Table table = (VocabularySource.Table) model.vocabulary().orElseThrow();
            assertEquals(1024, new HashSet<>(table.tokens()).size());
            assertEquals("<|im_end|>", table.tokens().get(table.eos().orElseThrow()));
        }
    }

    @Test
    void theSeedDecides() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            Synthesiser.write("tiny", "q4_0", name.equals("c") ? 2 : 1, temp.resolve(name), Progress.NONE);
        }
        assertEquals(-1, Files.mismatch(temp.resolve("a"), temp.resolve("b")));
        assertNotEquals(-1, Files.mismatch(temp.resolve("a"), temp.resolve("c")));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThrows(IllegalArgumentException.class,
                () -> Synthesiser.write("huge", "q4_0", 1, temp.resolve("a"), Progress.NONE));
        assertThrows(IllegalArgumentException.class,
                () -> Synthesiser.write("tiny", "q9", 1, temp.resolve("a"), Progress.NONE));
        assertEquals(List.of("lfm2.5-8b-a1b", "lfm2-8b-a1b", "lfm2-1.2b", "llama-3.2-1b", "qwen3-1.7b", "qwen3-30b-a3b",
                "gemma-3-1b", "gpt-oss-20b", "tiny", "tiny-dense"), Synthesiser.shapes());
    }

    @Test
    void aDenseModelOfAnotherFamilyReadsBack() {
        Synthesiser.write("tiny-dense", "f32", 1, temp.resolve("dense.gguf"), Progress.NONE);
        try (ModelFile model = new GgufFormat().open(temp.resolve("dense.gguf"))) {
            assertEquals("llama", model.blueprint().architecture());
            assertEquals(List.of(), model.unusedTensors());
        }
    }
}
