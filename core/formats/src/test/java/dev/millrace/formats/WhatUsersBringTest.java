/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as users have them: with habits of other programs, broken downloads, and things that are no models. */
class WhatUsersBringTest {

    @TempDir
    private Path temp;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            version https://git-lfs.github.com/spec/v1 | git lfs pull
            <!DOCTYPE html><html>                      | web page
            {"error": "Access to model x is denied"}   | is a text that begins with
            lmgg0000                                   | before August 2023
            algg0000                                   | LoRA
            Rar!0000                                   | rar archive
            """)
    void whatAFileIsInstead(String content, String expected) throws IOException {
        Path file = temp.resolve("model.gguf");
        Files.writeString(file, content, StandardCharsets.ISO_8859_1);
        assertTrue(new GgufFormat().recognises(file));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
        Path plain = temp.resolve("model");
        Files.writeString(plain, content, StandardCharsets.ISO_8859_1);
        assertFalse(new GgufFormat().recognises(plain));
        assertTrue(Diagnosis.of(plain).contains(expected), Diagnosis.of(plain));
        Path folder = new SmallFolder().write(temp.resolve("hf"));
        Files.writeString(folder.resolve("model.safetensors"), content, StandardCharsets.ISO_8859_1);
        ModelFormatException inFolder = assertThrows(ModelFormatException.class,
                () -> new SafetensorsFormat().open(folder));
        assertTrue(inFolder.getMessage().contains(expected), inFolder.getMessage());
    }

    @Test
    void zerosAndNothing() throws IOException {
        Path zeros = Files.write(temp.resolve("zeros.gguf"), new byte[5000]);
        assertTrue(assertThrows(ModelFormatException.class, () -> new GgufFormat().open(zeros)).getMessage()
                .contains("zeros"));
        Path empty = Files.write(temp.resolve("empty.gguf"), new byte[0]);
        assertTrue(assertThrows(ModelFormatException.class, () -> new GgufFormat().open(empty)).getMessage()
                .contains("is empty"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pytorch_model.bin                                      | PyTorch
            adapter_config.json,adapter_model.safetensors          | LoRA
            config.json,model-00001-of-00002.safetensors           | index.json
            model.safetensors                                      | no config.json
            config.json                                            | no weights
            a.gguf,b.gguf                                          | give one of them
            notes.txt                                              | without a model
            """)
    void whatAFolderLacks(String names, String expected) throws IOException {
        Path folder = Files.createDirectory(temp.resolve("folder"));
        for (String name : List.of(names.split(",", -1))) {
            Files.writeString(folder.resolve(name), "{}");
        }
        assertFalse(new GgufFormat().recognises(folder));
        assertFalse(new SafetensorsFormat().recognises(folder));
        assertTrue(Diagnosis.of(folder).contains(expected), Diagnosis.of(folder));
    }

    @Test
    void aFileWithoutSuffixAndAFolderWithOneFileOpen() throws IOException {
        Path blob = temp.resolve("sha256-0123");
        new SmallGguf().write(blob);
        assertTrue(new GgufFormat().recognises(blob));
        new GgufFormat().open(blob).close();
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Files.copy(blob, folder.resolve("model.gguf"));
        assertTrue(new GgufFormat().recognises(folder));
        new GgufFormat().open(folder).close();
    }

    @Test
    void textsOfWindowsAndPythonAreRead() throws IOException {
        SmallFolder small = new SmallFolder();
        Path folder = small.write(temp.resolve("hf"));
        String config = Files.readString(folder.resolve("config.json")).strip();
        String python = config.substring(0, config.length() - 1) + ", \"router_jitter\": -Infinity, \"x\": NaN}";
        for (byte[] bytes : List.of(("\uFEFF" + python).getBytes(StandardCharsets.UTF_8),
                python.getBytes(StandardCharsets.UTF_16))) {
            Files.write(folder.resolve("config.json"), bytes);
            new SafetensorsFormat().open(folder).close();
        }
    }

    @ParameterizedTest
    @CsvSource({"top_k, -1, 0", "top_k, -7, 1", "temperature, -1, 1", "top_p, 1.5, 1", "repetition_penalty, 0, 1"})
    void adviceThatCannotBeUsedIsPassedOver(String key, String value, int notes) throws IOException {
        SmallFolder small = new SmallFolder();
        small.texts.put("generation_config.json", "{\"do_sample\": true, \"" + key + "\": " + value + "}");
        try (ModelFile model = new SafetensorsFormat().open(small.write(temp.resolve("hf")))) {
            assertEquals(notes, model.notes().size(), model.notes().toString());
            assertEquals(1, model.sampling().repetitionPenalty());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            quant_method | awq                | awq
            quant_method | gptq               | gptq
            quant_method | bitsandbytes       | bitsandbytes
            quant_method | fp8                | fp8
            quant_method | compressed-tensors | compressed-tensors
            group_size   | 64                 | MLX
            """)
    void quantisedFoldersAreRefusedByName(String key, String value, String name) throws IOException {
        SmallFolder small = new SmallFolder();
        small.config.put("quantization_config", Map.of(key, value));
        Path folder = small.write(temp.resolve("hf"));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new SafetensorsFormat().open(folder));
        assertTrue(e.getMessage().contains(name) && e.getMessage().contains("GGUF"), e.getMessage());
    }
}
