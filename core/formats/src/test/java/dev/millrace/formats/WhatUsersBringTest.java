/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** In a folder of pointers each file is one, the small ones too. */
    @ParameterizedTest
    @ValueSource(strings = {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
            "chat_template.jinja"})
    void aPointerInPlaceOfASmallFileIsNamed(String name) throws IOException {
        Path folder = new SmallFolder().write(temp.resolve("hf"));
        Files.writeString(folder.resolve(name), "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n");
        message(folder, name, "git lfs pull");
        if (name.endsWith(".json")) {
            Files.writeString(folder.resolve(name), "\n<!DOCTYPE html><html>");
            message(folder, name, "web page");
            Files.writeString(folder.resolve(name), " \n");
            message(folder, name, "is empty; fetch it again");
        }
    }

    @Test
    void anotherKindOfFileHasACure() throws IOException {
        Path file = temp.resolve("model.gguf");
        for (byte[] content : List.of(new byte[]{8, 7, 18, 7, 1, 2, 3}, new byte[]{'G', 'G', 'U', 'F', 1, 0, 0, 0})) {
            Files.write(file, content);
            ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file));
            assertTrue(e.getMessage().contains("fetch it again") || e.getMessage().contains("newer file"),
                    e.getMessage());
        }
    }

    /** Whoever writes a model names a file: a link stays, and a folder or a device is never replaced. */
    @Test
    void onlyFilesAreReplaced() throws IOException {
        Path file = Files.writeString(temp.resolve("old.gguf"), "old");
        Path link = Files.createSymbolicLink(temp.resolve("link.gguf"), file);
        Synthesiser.write("tiny", "q4_0", 1, link, Progress.NONE);
        assertTrue(Files.isSymbolicLink(link) && Files.size(file) > 1000);
        Path folder = Files.createDirectory(temp.resolve("folder"));
        Path socket = temp.resolve("socket");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));
            for (Path other : List.of(folder, socket)) {
                MillraceException e = assertThrows(MillraceException.class,
                        () -> Synthesiser.write("tiny", "q4_0", 1, other, Progress.NONE));
                assertTrue(e.getMessage().contains("give the name of a file"), e.getMessage());
                assertFalse(Files.isRegularFile(other));
            }
        }
    }

    @Test
    void whatIsNoFolderIsNotConverted() throws IOException {
        Path gguf = new SmallGguf().write(temp.resolve("model.gguf"));
        Path text = Files.writeString(temp.resolve("notes.txt"), "Dear diary");
        for (Map.Entry<Path, String> each : Map.of(gguf, "is a GGUF file already", text, "a text that begins with",
                temp.resolve("absent"), "There is no folder").entrySet()) {
            MillraceException e = assertThrows(MillraceException.class, () -> Converter.convert(each.getKey(),
                    temp.resolve("out.gguf"), TensorType.Q8_0, Progress.NONE));
            assertTrue(e.getMessage().contains(each.getValue()) && e.getMessage().contains(each.getKey().toString()),
                    e.getMessage());
        }
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
            config.json,a.safetensors,b.safetensors                | index.json
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
            quant_method | fbgemm_fp8         | fbgemm_fp8
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

    @Test
    void partsWithoutAnIndexAreReadAndAMissingOneIsNamed() throws IOException {
        Path folder = new SmallFolder().writeSharded(temp.resolve("hf"));
        Files.delete(folder.resolve("model.safetensors.index.json"));
        Path first = Files.move(folder.resolve("part-0.safetensors"),
                folder.resolve("model-00001-of-00002.safetensors"));
        Path second = Files.move(folder.resolve("part-1.safetensors"),
                folder.resolve("model-00002-of-00002.safetensors"));
        assertTrue(new SafetensorsFormat().recognises(folder));
        new SafetensorsFormat().open(folder).close();
        Files.copy(first, folder.resolve("consolidated.safetensors"));
        new SafetensorsFormat().open(folder).close();
        Path aside = Files.move(second, temp.resolve("aside"));
        assertTrue(new SafetensorsFormat().recognises(folder));
        message(folder, "model-00002-of-00002.safetensors", "is missing");
        Files.move(aside, second);
        Files.copy(first, second, StandardCopyOption.REPLACE_EXISTING);
        message(folder, "model-00001-of-00002.safetensors and in model-00002-of-00002.safetensors");
        Files.move(second, folder.resolve("model-00002-of-99999999.safetensors"));
        assertFalse(new SafetensorsFormat().recognises(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights.safetensors", "model.fp16.safetensors", "Tiny-LFM2.safetensors",
            "pytorch_model.safetensors", "consolidated.safetensors"})
    void theOnlyFileOfWeightsMayHaveAnyName(String name) throws IOException {
        Path folder = new SmallFolder().write(temp.resolve("hf"));
        Files.move(folder.resolve("model.safetensors"), folder.resolve(name));
        Files.writeString(folder.resolve("adapter_model.safetensors"), "beside");
        assertTrue(new SafetensorsFormat().recognises(folder));
        new SafetensorsFormat().open(folder).close();
    }

    @Test
    void anIndexWithAnotherNameIsReadAndWhatItLacksIsNamed() throws IOException {
        Path folder = new SmallFolder().writeSharded(temp.resolve("hf"));
        Files.move(folder.resolve("model.safetensors.index.json"), folder.resolve("weights.safetensors.index.json"));
        new SafetensorsFormat().open(folder).close();
        Files.delete(folder.resolve("part-1.safetensors"));
        message(folder, "part-1.safetensors", "is missing; fetch it");
    }

    private static void message(Path folder, String... parts) {
        ModelFormatException e = assertThrows(ModelFormatException.class,
                () -> new SafetensorsFormat().open(folder).close());
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    // ---- chat templates with names

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tokenizer_config.json | {"chat_template": "D"}                                        | D |
            tokenizer_config.json | {"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}]} | D | tool_use=T
            tokenizer_config.json | {"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]} | D | tool_use=T
            tokenizer_config.json | {"chat_template": [{"name": "tool_use", "template": "T"}]}    | T |
            tokenizer_config.json | {"chat_template": [{"name": "rag", "template": "R"}, {"name": "tool_use", "template": "T"}]} | R | tool_use=T
            tokenizer_config.json | {"chat_template": {"default": "D", "tool_use": "T"}}          | D | tool_use=T
            tokenizer_config.json | {"chat_template": []}                                         |   |
            chat_template.json    | {"chat_template": "D"}                                        | D |
            chat_template.json    | {"chat_template": {"default": "D", "rag": "R"}}               | D | rag=R
            chat_template.jinja   | D                                                             | D |
            additional_chat_templates/tool_use.jinja | T                                          | T |
            """)
    void templatesAreFoundByTheirNames(String file, String text, @Nullable String standard, @Nullable String named)
            throws IOException {
        SmallFolder small = new SmallFolder();
        small.texts.remove("chat_template.jinja");
        small.texts.put(file, text);
        Files.createDirectories(temp.resolve("hf/additional_chat_templates"));
        Path folder = small.write(temp.resolve("hf"));
        try (ModelFile model = new SafetensorsFormat().open(folder)) {
            assertEquals(Optional.ofNullable(standard), model.chatTemplate());
            assertEquals(named == null ? "{}" : "{" + named + "}", model.namedTemplates().toString());
        }
        Path converted = temp.resolve("out.gguf");
        Converter.convert(folder, converted, TensorType.Q8_0, Progress.NONE);
        try (ModelFile model = new GgufFormat().open(converted)) {
            assertEquals(Optional.ofNullable(standard), model.chatTemplate());
            assertEquals(named == null ? "{}" : "{" + named + "}", model.namedTemplates().toString());
        }
    }

    @Test
    void filesWithTemplatesCountBeforeSettings() throws IOException {
        SmallFolder small = new SmallFolder();
        small.texts.put("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"default\", \"template\": \"old\"},"
                + " {\"name\": \"tool_use\", \"template\": \"old\"}]}");
        small.texts.put("chat_template.json", "{\"chat_template\": \"older\"}");
        small.texts.put("additional_chat_templates/rag.jinja", "R");
        small.texts.put("additional_chat_templates/notes.txt", "no template");
        Files.createDirectories(temp.resolve("hf/additional_chat_templates"));
        String own = small.texts.get("chat_template.jinja");
        try (ModelFile model = new SafetensorsFormat().open(small.write(temp.resolve("hf")))) {
            assertEquals(Optional.ofNullable(own), model.chatTemplate());
            assertEquals(Map.of("rag", "R"), model.namedTemplates());
        }
    }

    @Test
    void endTokensOfGgufFilesThatDoNotExistArePassedOver() throws IOException {
        SmallGguf small = new SmallGguf();
        small.metadata.put("tokenizer.ggml.eos_token_id", SmallGguf.bytes(SmallGguf.INT32, 4000));
        small.metadata.put("tokenizer.ggml.eot_token_id", SmallGguf.bytes(SmallGguf.INT32, -1));
        small.metadata.put("tokenizer.ggml.eom_token_id", SmallGguf.bytes(SmallGguf.INT32, 3));
        try (ModelFile model = new GgufFormat().open(small.write(temp.resolve("ends.gguf")))) {
            assertEquals(Set.of(3), model.endTokens());
            assertEquals(1, model.notes().size(), model.notes().toString());
        }
    }

    @Test
    void ofSeveralEndTokensTheFirstOfTheFileIsTheVocabularys() throws IOException {
        SmallGguf small = new SmallGguf();
        small.metadata.put("tokenizer.ggml.model", SmallGguf.bytes(SmallGguf.STRING, "gpt2"));
        small.metadata.put("tokenizer.ggml.tokens",
                SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.STRING, 6L, "a", "b", "c", "d", "e", "f"));
        small.metadata.put("tokenizer.ggml.eos_token_id",
                SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.INT32, 3L, 4000, 3, 2));
        try (ModelFile model = new GgufFormat().open(small.write(temp.resolve("first.gguf")))) {
            assertEquals(Set.of(2, 3), model.endTokens());
            VocabularySource.Table table = (VocabularySource.Table) model.vocabulary().orElseThrow();
            assertEquals(OptionalInt.of(3), table.eos());
        }
    }

    @Test
    void ggufFilesHaveNamedTemplates() throws IOException {
        SmallGguf small = new SmallGguf();
        small.metadata.put("tokenizer.chat_templates",
                SmallGguf.bytes(SmallGguf.ARRAY, SmallGguf.STRING, 2L, "tool_use",
                        "gone"));
        small.metadata.put("tokenizer.chat_template.tool_use", SmallGguf.bytes(SmallGguf.STRING, "T"));
        small.metadata.put("tokenizer.chat_template", SmallGguf.bytes(SmallGguf.STRING, "D"));
        try (ModelFile model = new GgufFormat().open(small.write(temp.resolve("named.gguf")))) {
            assertEquals(Optional.of("D"), model.chatTemplate());
            assertEquals(Map.of("tool_use", "T"), model.namedTemplates());
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true", "false, false", "null, false", "'\"yes\"', false"})
    void foldersSayWhetherATextBegins(String asked, boolean expected) throws IOException {
        SmallFolder small = new SmallFolder();
        small.texts.put("tokenizer_config.json",
                "{\"bos_token\": \"<|startoftext|>\", \"add_bos_token\": " + asked + "}");
        Path folder = small.write(temp.resolve("hf"));
        try (ModelFile model = new SafetensorsFormat().open(folder)) {
            Optional<Boolean> said = model.vocabulary().orElseThrow().addBos();
            assertEquals(asked.equals("true") || asked.equals("false") ? Optional.of(expected) : Optional.empty(),
                    said);
        }
        Path converted = temp.resolve("out.gguf");
        Converter.convert(folder, converted, TensorType.Q8_0, Progress.NONE);
        assertEquals(Optional.of(expected), GgufFormat.vocabulary(converted).orElseThrow().addBos());
    }

    // ---- what a broken download leaves

    @Test
    void zerosAmongTheWeightsAreFound() throws IOException {
        Path good = temp.resolve("good.gguf");
        Synthesiser.write("tiny", "q4_0", 1, good, Progress.NONE);
        checked(good, false);
        byte[] bytes = Files.readAllBytes(good);
        for (double from : List.of(0.2, 0.4, 0.6, 0.9)) {
            for (double part : List.of(0.05, 0.1, 0.5)) {
                byte[] bad = bytes.clone();
                int begin = (int) (from * bad.length);
                Arrays.fill(bad, begin, Math.min(bad.length, begin + (int) (part * bad.length)), (byte) 0);
                checked(Files.write(temp.resolve("bad.gguf"), bad), true);
            }
        }
    }

    private static void checked(Path file, boolean damaged) {
        try (ModelFile model = new GgufFormat().open(file)) {
            if (damaged) {
                ModelFormatException e = assertThrows(ModelFormatException.class, model::checkWeights);
                assertTrue(e.getMessage().contains("zeros") && e.getMessage().contains("fetch it again"),
                        e.getMessage());
            } else {
                model.checkWeights();
            }
        } catch (ModelFormatException e) {
            assertTrue(damaged && e.getMessage().contains("zeros"), e.getMessage());
        }
    }

    @Test
    void aMatrixOfZerosAndRowsOfZerosAreNoDamage() throws IOException {
        SmallFolder small = new SmallFolder();
        float[] embedding = weights(small, "model.embed_tokens.weight");
        Arrays.fill(embedding, 32 * 8, embedding.length, 0);
        Arrays.fill(weights(small, "model.layers.1.self_attn.out_proj.weight"), 0);
        Arrays.fill(weights(small, "model.layers.0.feed_forward.w2.weight"), 0);
        try (ModelFile model = new SafetensorsFormat().open(small.write(temp.resolve("hf")))) {
            model.checkWeights();
        }
        for (SmallFolder.Weights each : small.tensors.values()) {
            Arrays.fill(each.values(), 0);
        }
        try (ModelFile model = new SafetensorsFormat().open(small.write(temp.resolve("none")))) {
            assertThrows(ModelFormatException.class, model::checkWeights);
        }
    }

    private static float[] weights(SmallFolder small, String name) {
        return Objects.requireNonNull(small.tensors.get(name), name).values();
    }

    @Test
    void zerosInDescriptionsAreSaidSo() throws IOException {
        Path good = temp.resolve("good.gguf");
        Synthesiser.write("tiny", "q4_0", 1, good, Progress.NONE);
        byte[] bytes = Files.readAllBytes(good);
        for (int from : List.of(200, 4096, 12_000)) {
            byte[] bad = bytes.clone();
            Arrays.fill(bad, from, from + 8192, (byte) 0);
            Path file = Files.write(temp.resolve("bad.gguf"), bad);
            ModelFormatException e = assertThrows(ModelFormatException.class, () -> new GgufFormat().open(file));
            assertTrue(e.getMessage().contains("zeros") && e.getMessage().contains("fetch it again"), e.getMessage());
        }
        for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
                "model.safetensors")) {
            Path folder = new SmallFolder().write(temp.resolve(name));
            byte[] text = Files.readAllBytes(folder.resolve(name));
            Arrays.fill(text, 20, Math.min(text.length, 400) - 1, (byte) 0);
            Files.write(folder.resolve(name), text);
            message(folder, "zeros", "fetch it again");
            Files.write(folder.resolve(name), new byte[text.length]);
            message(folder, "zeros");
        }
    }

    /** A pipe would keep its reader waiting, and a device has no end. */
    @Test
    @Timeout(60)
    void whatIsNoFileIsToldAtOnce() throws Exception {
        Path pipe = temp.resolve("pipe.gguf");
        Path zeros = Path.of("/dev/zero");
        assumeTrue(Files.exists(zeros), "this system has no devices in its folders");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor());
        Path link = Files.createSymbolicLink(temp.resolve("link.gguf"), zeros);
        for (Path each : List.of(pipe, zeros, link)) {
            assertFalse(new GgufFormat().recognises(each));
            assertFalse(new SafetensorsFormat().recognises(each));
            assertFalse(new OnnxFormat().recognises(each));
            assertTrue(Diagnosis.of(each).contains("no file"), Diagnosis.of(each));
            assertThrows(IOException.class, () -> new WeightFile(each));
            assertThrows(MillraceException.class, () -> Importance.read(each));
        }
        Path folder = new SmallFolder().write(temp.resolve("hf"));
        Files.delete(folder.resolve("model.safetensors"));
        Files.createSymbolicLink(folder.resolve("model.safetensors"), pipe);
        assertFalse(new SafetensorsFormat().recognises(folder));
        for (String name : List.of("tokenizer.json", "config.json", "generation_config.json")) {
            Path other = new SmallFolder().write(temp.resolve("with-" + name));
            Files.delete(other.resolve(name));
            Files.createSymbolicLink(other.resolve(name), pipe);
            try {
                new SafetensorsFormat().open(other).close();
            } catch (MillraceException e) {
                assertTrue(e.getMessage().contains(name), e.getMessage());
            }
        }
    }
}
