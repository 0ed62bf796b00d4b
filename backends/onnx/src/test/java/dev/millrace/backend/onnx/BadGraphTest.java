/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.backend.onnx.export.GraphWriter;
import dev.millrace.formats.OnnxFormat;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.StateShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Graphs and folders that cannot be run: one clear error each. */
class BadGraphTest {

    private static final LoadOptions OPTIONS = LoadOptions.of(64).withThreads(1);

    @TempDir
    Path folder;

    private final OnnxBackend backend = new OnnxBackend();

    private String refusal(Graph graph) {
        String message = assertThrows(BackendException.class,
                () -> backend.load(graph, backend.devices().getFirst(), OPTIONS, Progress.NONE)).getMessage();
        assertFalse(message.contains("\n"), message);
        return message;
    }

    private static Graph graph(Path file) throws IOException {
        return new Graph("onnx", "test", 8, 4, 64, List.of(new StateShape.KeyValues(1, 4)),
                List.of(new Graph.Variant("fp32", file, List.of(), Files.size(file))));
    }

    /** A graph that adds a token's embedding to the caches; each test gets one thing wrong. */
    private Graph small(String extraInput, String operator, int vocabulary, boolean cacheOutput) throws IOException {
        Path file = folder.resolve("model.onnx");
        GraphWriter writer = new GraphWriter(file, false);
        String ids = writer.input("input_ids", GraphWriter.INT64, "batch", "tokens");
        writer.input("past_key_values.0.key", GraphWriter.FLOAT, "batch", 1, "past", 4);
        writer.input("past_key_values.0.value", GraphWriter.FLOAT, "batch", 1, "past", 4);
        if (!extraInput.isEmpty()) {
            writer.input(extraInput, GraphWriter.FLOAT, "batch", 3);
        }
        String rows = writer.node("Gather", writer.floats(new float[8 * vocabulary], 8, vocabulary), ids);
        writer.named("", operator, Map.of(), List.of("logits"), rows);
        writer.output("logits", GraphWriter.FLOAT, "batch", "tokens", vocabulary);
        for (String part : cacheOutput ? List.of("key", "value") : List.<String>of()) {
            writer.named("", "Identity", Map.of(), List.of("present.0." + part), "past_key_values.0." + part);
            writer.output("present.0." + part, GraphWriter.FLOAT, "batch", 1, "total", 4);
        }
        writer.write();
        return graph(file);
    }

    @Test
    void unknownInputsAreNamed() throws IOException {
        assertTrue(refusal(small("encoder_hidden_states", "Identity", 8, true)).contains("\"encoder_hidden_states\""));
    }

    @Test
    void unknownOperatorsAreNamed() throws IOException {
        String message = refusal(small("", "Teleport", 8, true));
        assertTrue(message.contains("Teleport") && message.contains("another variant"), message);
    }

    @Test
    void anotherVocabularyIsRefused() throws IOException {
        String message = refusal(small("", "Identity", 6, true));
        assertTrue(message.contains("vocabulary") && message.contains("6"), message);
    }

    @Test
    void missingOutputsAreNamed() throws IOException {
        assertTrue(refusal(small("", "Identity", 8, false)).contains("\"present.0.key\""));
    }

    @Test
    void cachesThatDoNotGrowAreNoticed() throws IOException {
        String message = refusal(small("", "Identity", 8, true));
        assertTrue(message.contains("present.0.key") && message.contains("after 2 tokens"), message);
    }

    @Test
    void damagedGraphsAreRefused() throws IOException {
        Path file = folder.resolve("model.onnx");
        Files.write(file, "no graph at all".getBytes(StandardCharsets.US_ASCII));
        assertTrue(refusal(graph(file)).contains("damaged"));
        Files.write(file, new byte[0]);
        assertTrue(refusal(graph(file)).contains(file.toString()));
        Files.delete(file);
        Graph gone = new Graph("onnx", "test", 8, 4, 64, List.of(new StateShape.KeyValues(1, 4)),
                List.of(new Graph.Variant("fp32", file, List.of(), 1)));
        assertTrue(refusal(gone).contains(file.toString()));
    }

    @Test
    void missingAndShortWeightsAreNamed() throws IOException {
        Nano.export(folder, BlueprintExport.Options.of(Trait.POSITIONS, Trait.SPARE_COLUMN, Trait.EXTERNAL),
                "model.onnx");
        Path data = folder.resolve("onnx").resolve("model.onnx_data");
        byte[] all = Files.readAllBytes(data);
        Files.write(data, Arrays.copyOf(all, all.length / 2));
        assertTrue(opening(folder).contains("cut off"));
        Files.delete(data);
        assertTrue(opening(folder).contains("model.onnx_data is missing"));
    }

    private static String opening(Path path) {
        return assertThrows(ModelFormatException.class, () -> new OnnxFormat().open(path)).getMessage();
    }

    @Test
    void foldersThatDisagreeAreRefused() throws IOException {
        Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx");
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"vocab_size\": 2048", "\"vocab_size\": 4096"));
        assertTrue(opening(folder).contains("vocabulary of 4096"));
        Files.writeString(config, text.replace("\"hidden_size\"", "\"hidden\""));
        new OnnxFormat().open(folder).close();
        Files.delete(config);
        assertFalse(new OnnxFormat().recognises(folder));
        assertTrue(opening(folder.resolve("onnx").resolve("model.onnx")).contains("config.json"));
    }

    @Test
    void damageIsNeverMoreThanAnError() throws IOException {
        Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx");
        Path file = folder.resolve("onnx").resolve("model.onnx");
        byte[] sound = Files.readAllBytes(file);
        int headerEnd = Math.min(sound.length, 4096);
        Random random = new Random(5);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] bytes = round % 3 == 0 ? Arrays.copyOf(sound, random.nextInt(headerEnd)) : sound.clone();
            for (int i = 0; i < 8 && bytes.length > 0; i++) {
                // half of the damage hits the beginning, half the end, where names and shapes lie
                int at = random.nextInt(Math.min(headerEnd, bytes.length));
                bytes[i % 2 == 0 ? at : bytes.length - 1 - at] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try (ModelFile opened = new OnnxFormat().open(folder)) {
                assertEquals(8, opened.program().stateShapes().size());
            } catch (ModelFormatException e) {
                refused++;
            }
        }
        assertTrue(refused > 100, "refused " + refused);
    }

    /** A graph without weights that the runtime finds too new. */
    private String tooNew(int format, int operators) throws IOException {
        Path file = folder.resolve("model.onnx");
        GraphWriter writer = new GraphWriter(file, false);
        writer.named("", "Identity", Map.of(), List.of("logits"), writer.input("input_ids", GraphWriter.INT64, 1, 1));
        writer.output("logits", GraphWriter.INT64, 1, 1);
        writer.write(format, operators);
        String message = refusal(graph(file));
        assertTrue(message.contains("newer") && message.contains("onnxruntime.native.path"), message);
        assertTrue(!message.contains(".cc") && !message.contains("::") && !message.contains("onnxruntime_src"),
                message);
        return message;
    }

    @Test
    void graphsForNewerRuntimesAreToldToBe() throws IOException {
        assertTrue(tooNew(99, 17).contains("IR version"));
        assertTrue(tooNew(9, 99).contains("opset"));
    }

    @Test
    void nothingOfTheSourceCodeOfTheRuntimeIsShown() {
        assertEquals(
                "Load model from /a/model.onnx failed: Unsupported model IR version: 99, max supported IR version: 13",
                words("Load model from /a/model.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:182"
                        + " onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&, const"
                        + " onnxruntime::IOnnxRuntimeOpSchemaRegistryList*) Unsupported model IR version: 99, max"
                        + " supported IR version: 13\n"));
        assertEquals("Non-zero status code returned while running Reshape node. Status Message: it was false.",
                words("Non-zero status code returned while running Reshape node. Status Message:"
                        + " C:\\src\\core\\reshape_helper.h(45) onnxruntime::ReshapeHelper::ReshapeHelper(const"
                        + " onnxruntime::TensorShape&, std::function<void(int)>) it was false.."));
        assertEquals("plain words (with brackets)", words("plain words (with brackets)"));
    }

    private static String words(String message) {
        return RuntimeWords.of(new OrtException(message));
    }

    @Test
    void cachesInOtherTypesAreRefusedWithWhatToTake() throws IOException {
        Path file = folder.resolve("model.onnx");
        GraphWriter writer = new GraphWriter(file, false);
        String ids = writer.input("input_ids", GraphWriter.INT64, "batch", "tokens");
        for (String part : List.of("key", "value")) {
            String past = writer.input("past_key_values.0." + part, GraphWriter.BFLOAT16, "batch", 1, "past", 4);
            writer.named("", "Identity", Map.of(), List.of("present.0." + part), past);
            writer.output("present.0." + part, GraphWriter.BFLOAT16, "batch", 1, "total", 4);
        }
        writer.named("", "Gather", Map.of(), List.of("logits"), writer.floats(new float[64], 8, 8), ids);
        writer.output("logits", GraphWriter.FLOAT, "batch", "tokens", 8);
        writer.write();
        String message = refusal(graph(file));
        assertTrue(message.contains("past_key_values.0.key") && message.contains("BFLOAT16")
                && message.contains("another variant"), message);
    }

    @Test
    void logitsOfAnotherShapeAreToldWhenAModelIsLoaded() throws IOException {
        Path file = folder.resolve("model.onnx");
        GraphWriter writer = new GraphWriter(file, false);
        String ids = writer.input("input_ids", GraphWriter.INT64, "batch", "tokens");
        String rows = writer.node("Gather", writer.floats(new float[64], 8, 8), ids);
        for (String part : List.of("key", "value")) {
            String past = writer.input("past_key_values.0." + part, GraphWriter.FLOAT, "batch", 1, "past", 4);
            String some = writer.node("Slice", writer.node("Unsqueeze", rows, writer.longs(1)), writer.longs(0),
                    writer.longs(4), writer.longs(3));
            writer.named("", "Concat", Map.of("axis", 2), List.of("present.0." + part), past, some);
            writer.output("present.0." + part, GraphWriter.FLOAT, "batch", 1, "total", 4);
        }
        // as many values as there should be, but of the wrong shape
        writer.named("", "Transpose", Map.of("perm", new int[]{1, 0, 2}), List.of("logits"), rows);
        writer.output("logits", GraphWriter.FLOAT, "a", "b", "c");
        writer.write();
        String message = refusal(graph(file));
        assertTrue(message.contains("logits has the shape [2, 1, 8]"), message);
    }

    @Test
    void everyBackendKeepsToItsKind() throws IOException {
        Graph graph = Nano.graph(Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx"));
        CpuBackend cpu = new CpuBackend();
        assertTrue(assertInstanceOf(Fit.Refused.class, cpu.fit(graph, cpu.devices().getFirst(), OPTIONS)).reason()
                .contains("dev.millrace.backend.onnx"));
        try (ModelFile tensors = Nano.tensors()) {
            assertTrue(assertInstanceOf(Fit.Refused.class,
                    backend.fit(tensors.program(), backend.devices().getFirst(), OPTIONS)).reason()
                    .contains("ONNX export"));
        }
    }

    @Test
    void modelsThatAreTooLargeAreRefused() throws IOException {
        Graph graph = Nano.graph(Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx"));
        Device tiny = new Device("onnx:cpu", "onnx", "tiny", 1 << 20);
        assertTrue(assertInstanceOf(Fit.Refused.class, backend.fit(graph, tiny, OPTIONS)).reason().contains("smaller"));
    }
}
