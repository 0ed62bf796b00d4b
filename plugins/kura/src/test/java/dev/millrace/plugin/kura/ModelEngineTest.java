/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.ai.inference.TensorDescriptor;
import org.eclipse.kura.ai.inference.TensorDescriptorBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ModelEngineTest {

    private static TensorDescriptor descriptor(String name, long number) {
        return TensorDescriptorBuilder.builder(name, "STRING", List.of(number)).build();
    }

    @Test
    void aModelIsLoadedAskedAndUnloaded() throws Exception {
        try (Millrace millrace = Millrace.start()) {
            ModelEngine engine = new ModelEngine(millrace);
            assertTrue(engine.isEngineReady());
            assertTrue(engine.getModelNames().contains("nano"));
            assertFalse(engine.isModelLoaded("nano"));
            assertEquals(Optional.empty(), engine.getModelInfo("nano"));
            engine.loadModel("nano", Optional.empty());
            engine.loadModel("nano", Optional.empty());
            assertTrue(engine.isModelLoaded("nano"));
            ModelInfo info = engine.getModelInfo("nano").orElseThrow();
            assertEquals("prompt", info.getInputs().getFirst().getName());
            assertEquals("text", info.getOutputs().getFirst().getName());
            assertEquals("lfm2moe", info.getParameters().get("architecture"));
            List<Tensor> answers = engine.infer(info,
                    List.of(new Tensor(String.class, descriptor("prompt", 2), List.of("Bye", "Hello!"))));
            assertEquals(1, answers.size());
            assertEquals(List.of(2L), answers.getFirst().getDescriptor().getShape());
            List<String> texts = answers.getFirst().getData(String.class).orElseThrow();
            assertEquals(2, texts.size());
            assertTrue(texts.stream().noneMatch(String::isBlank), texts.toString());
            engine.unloadModel("nano");
            assertFalse(engine.isModelLoaded("nano"));
            assertThrows(KuraException.class, () -> engine.unloadModel("nano"));
            assertThrows(KuraException.class, () -> engine.infer(info, List.of()));
            engine.close();
        }
    }

    @Test
    void whatIsWrongIsAnErrorOfKura() throws Exception {
        try (Millrace millrace = Millrace.start()) {
            ModelEngine engine = new ModelEngine(millrace);
            KuraException missing = assertThrows(KuraException.class,
                    () -> engine.loadModel("nobody", Optional.empty()));
            assertEquals(KuraErrorCode.IO_ERROR, missing.getCode());
            assertTrue(missing.getMessage().contains("There is no model \"nobody\""), missing.getMessage());
            assertThrows(KuraException.class, () -> engine.loadModel("far", Optional.of("/nowhere/model.gguf")));
            engine.loadModel("nano", Optional.empty());
            ModelInfo info = engine.getModelInfo("nano").orElseThrow();
            assertThrows(KuraException.class, () -> engine.infer(info, List.of()));
            assertThrows(KuraException.class, () -> engine.infer(info,
                    List.of(new Tensor(String.class, descriptor("image", 1), List.of("Bye")))));
            assertThrows(KuraException.class, () -> engine.infer(info,
                    List.of(new Tensor(Integer.class, descriptor("prompt", 1), List.of(1)))));
            engine.close();
            assertFalse(engine.isModelLoaded("nano"));
        }
    }
}
