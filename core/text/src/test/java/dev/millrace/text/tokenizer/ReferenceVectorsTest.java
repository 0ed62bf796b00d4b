/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vocabularies of public models with the ids that llama.cpp gives. */
class ReferenceVectorsTest {

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "falcon", "deepseek-coder"})
    void givesTheIdsOfLlamaCpp(String name) throws IOException {
        Path folder = Path.of(System.getProperty("millrace.shared", "none"), "golden", "tokenizers");
        Path file = folder.resolve(name + ".gguf");
        assumeTrue(Files.exists(file));
        PromptTokenizer tokenizer = Tokenizers.of(GgufMetadata.table(file));
        String[] texts = Files.readString(folder.resolve(name + ".gguf.inp")).split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(folder.resolve(name + ".gguf.out"));
        assertTrue(lines.size() > 40);
        // the file ends with a separator
        assertEquals(lines.size() + 1, texts.length);
        for (int i = 0; i < lines.size(); i++) {
            int[] expected = Arrays.stream(lines.get(i).trim().split(" ")).filter(id -> !id.isEmpty())
                    .mapToInt(Integer::parseInt).toArray();
            assertArrayEquals(expected, tokenizer.encode(texts[i]), texts[i]);
            assertEquals(texts[i], tokenizer.decode(expected));
        }
    }
}
