/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import dev.millrace.engine.DeviceFit;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder with tensors and graphs, through the whole engine: moves, and conversations that are saved on one side. */
class TwoProgramsTest {

    private static final String WEIGHTS = "model.safetensors";
    private static final ModelOptions EXACT = ModelOptions.defaults().withPrecision(Precision.EXACT).withContext(512)
            .withThreads(2);

    @TempDir
    Path folder;

    private Path both;

    @BeforeEach
    void write() throws IOException {
        System.setProperty("millrace.prefixes", "off");
        both = Nano.export(folder.resolve("nano"), Options.standard(), "model.onnx");
        try (ModelFile file = Nano.tensors()) {
            BlueprintExport.write(file.blueprint(), Options.quantised(), both.resolve("onnx").resolve("model_q4.onnx"));
        }
        Files.copy(Nano.FOLDER.resolve(WEIGHTS), both.resolve(WEIGHTS));
    }

    @AfterEach
    void restore() {
        System.clearProperty("millrace.prefixes");
    }

    private static Answer ask(Conversation conversation, String text) {
        return conversation.send(text).answer();
    }

    private static Conversation talk(Model model) {
        return model.conversation().system("You run inside a gateway.").sampling(Sampling.greedy()).maxTokens(24)
                .start();
    }

    @Test
    void aFolderWithBothIsBoth() {
        try (ModelFile file = new SafetensorsFormat().open(both)) {
            assertEquals(2, file.programs().size());
            assertTrue(file.program() instanceof Blueprint);
            assertEquals(2, ((Graph) file.programs().getLast()).variants().size());
            for (DeviceFit fit : DeviceFit.of(List.of(new OnnxBackend(), new CpuBackend()), file.programs())) {
                assertTrue(fit.fit() instanceof Fit.Good, fit::toString);
            }
        }
    }

    @Test
    void aConversationMovesBetweenThem() {
        try (Millrace millrace = Millrace.start()) {
            String expected;
            try (Model model = millrace.open(both.toString(), EXACT.withBackend("cpu"));
                    Conversation conversation = talk(model)) {
                ask(conversation, "Turn on the kitchen lamp.");
                expected = ask(conversation, "Bye").text();
            }
            try (Model model = millrace.open(both.toString(), EXACT.withBackend("onnx"));
                    Conversation conversation = talk(model)) {
                assertEquals("fp32", model.info().quantisation());
                ask(conversation, "Turn on the kitchen lamp.");
                model.moveTo("cpu");
                assertEquals("BF16", model.info().quantisation());
                Answer answer = ask(conversation, "Bye");
                assertEquals(expected, answer.text());
                assertTrue(answer.usage().cachedTokens() > 0, "nothing is read again");
                model.moveTo("onnx");
                ask(conversation, "Bye");
            }
        }
    }

    @Test
    void aMissingTokenizerIsSaidToBeMissing() throws IOException {
        Files.delete(both.resolve("tokenizer.json"));
        try (Millrace millrace = Millrace.start()) {
            for (Path path : List.of(both, both.resolve("onnx").resolve("model.onnx"))) {
                String message = assertThrows(ModelFormatException.class, () -> millrace.open(path.toString()))
                        .getMessage();
                assertTrue(message.contains("tokenizer.json is missing"), message);
            }
        }
    }

    @Test
    void aGraphOfAnotherNetworkIsPassedOverWithANote() throws IOException {
        Path config = both.resolve("config.json");
        String text = Files.readString(config);
        try (ModelFile file = Nano.tensors()) {
            BlueprintExport.write(narrower(file.blueprint()), Options.standard(),
                    both.resolve("onnx").resolve("model.onnx"));
        }
        Files.delete(both.resolve("onnx").resolve("model_q4.onnx"));
        try (ModelFile file = new SafetensorsFormat().open(both)) {
            assertEquals(1, file.programs().size());
            assertTrue(file.notes().toString().contains("onnx is passed over"), file.notes()::toString);
        }
        // tensors of a family that nobody knows leave the graph
        Files.writeString(config, text.replace("\"model_type\": \"lfm2_moe\"", "\"model_type\": \"unheard\""));
        try (ModelFile file = new SafetensorsFormat().open(both)) {
            assertTrue(file.program() instanceof Graph);
            assertTrue(file.notes().toString().contains("The tensors are passed over"), file.notes()::toString);
        }
    }

    /** Without its last layer. */
    private static Blueprint narrower(Blueprint all) {
        return new Blueprint(all.architecture(), all.vocabularySize(), all.hiddenSize(), all.contextLength(),
                all.embedding(), all.layers().subList(0, all.layers().size() - 1), all.outputNorm(), all.head());
    }

    private Path saved(Millrace millrace, Path model, ModelOptions options) {
        Path file = folder.resolve("saved");
        try (Model open = millrace.open(model.toString(), options); Conversation conversation = talk(open)) {
            ask(conversation, "Turn on the kitchen lamp.");
            conversation.save(file);
        }
        return file;
    }

    private static Answer continued(Millrace millrace, Path model, ModelOptions options, Path saved) {
        try (Model open = millrace.open(model.toString(), options);
                Conversation conversation = open.conversation().sampling(Sampling.greedy()).maxTokens(24).restore(saved)
                        .start()) {
            assertEquals("Turn on the kitchen lamp.", conversation.messages().get(1).content());
            return ask(conversation, "Bye");
        }
    }

    @Test
    void aConversationSavedOnTheGraphGoesOnOnTheTensorsAndBack() {
        try (Millrace millrace = Millrace.start()) {
            Path graph = both.resolve("onnx").resolve("model.onnx");
            Path file = saved(millrace, graph, EXACT);
            assertTrue(continued(millrace, Nano.FOLDER, EXACT.withBackend("cpu"), file).usage().cachedTokens() > 0);
            file = saved(millrace, Nano.FOLDER, EXACT.withBackend("cpu"));
            assertTrue(continued(millrace, graph, EXACT, file).usage().cachedTokens() > 0);
        }
    }

    @Test
    void anotherVariantReadsItAgainAndOtherWeightsAreRefused() throws IOException {
        try (Millrace millrace = Millrace.start()) {
            Path file = saved(millrace, both.resolve("onnx").resolve("model_q4.onnx"), EXACT);
            assertEquals(0, continued(millrace, Nano.FOLDER, EXACT.withBackend("cpu"), file).usage().cachedTokens());
            Path graph = both.resolve("onnx").resolve("model.onnx");
            file = saved(millrace, graph, EXACT);
            byte[] weights = Files.readAllBytes(both.resolve(WEIGHTS));
            ByteBuffer values = ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN);
            int begin = Math.toIntExact(8 + values.getLong(0));
            for (int at = begin; at + 2 <= weights.length; at += 2) {
                // other signs, in no order
                long flip = ((at * 2654435761L) >>> 13) & 1;
                values.putShort(at, (short) (values.getShort(at) ^ (flip << 15)));
            }
            Files.write(both.resolve(WEIGHTS), weights);
            Files.delete(graph);
            Files.delete(both.resolve("onnx").resolve("model_q4.onnx"));
            Path other = file;
            String message = assertThrows(MillraceException.class,
                    () -> continued(millrace, both, EXACT.withBackend("cpu"), other)).getMessage();
            assertTrue(message.contains("nano (fp32)") && message.contains("nano (BF16)"), message);
        }
    }
}
