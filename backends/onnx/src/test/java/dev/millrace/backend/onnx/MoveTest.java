/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sequence moves between the CPU backend and this one at any token, without reading anything again. */
class MoveTest {

    private static final int PROMPT = 40;
    private static final int ANSWER = 24;
    /** Where the best token leads by less than this, rounding may choose another. */
    private static final float NEAR_TIE = 1e-3f;

    @TempDir
    Path folder;

    private static Executor load(Backend backend, Program program) {
        return backend.load(program, backend.devices().getFirst(),
                LoadOptions.of(256).withThreads(2).withPrecision(Precision.EXACT),
                Progress.NONE);
    }

    @Test
    void standardExportAndTensors() throws IOException {
        move(BlueprintExport.Options.standard(), 1e-3);
    }

    @Test
    void exportWithNarrowTypesAndTensors() throws IOException {
        move(BlueprintExport.Options.of(Trait.POSITIONS, Trait.NARROW), 5e-2);
    }

    private void move(BlueprintExport.Options options, double bound) throws IOException {
        int[] prompt = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            prompt[i] = (i * 53 + 29) % 2048;
        }
        try (ModelFile tensors = Nano.tensors();
                Executor cpu = load(new CpuBackend(), tensors.program());
                Executor onnx = load(new OnnxBackend(), Nano.graph(Nano.export(folder, options, "model.onnx")))) {
            Feeder[] feeders = {new Feeder(cpu, 2048), new Feeder(onnx, 2048)};
            Sequence still = cpu.newSequence();
            float[] expected = feeders[0].feed(still, prompt);
            Sequence moving = cpu.newSequence();
            float[] logits = feeders[0].feed(moving, prompt);
            int at = 0;
            for (int i = 0; i < ANSWER; i++) {
                // after every token to the other side: 12 times there, 12 times back
                at = 1 - at;
                try (SequenceState state = moving.export()) {
                    moving.close();
                    moving = feeders[at].executor().newSequence(state);
                }
                double distance = Feeder.distance(expected, logits);
                int token = i;
                assertTrue(distance <= bound, () -> "before token " + token + " logits differ by " + distance);
                if (Feeder.margin(expected) > Math.max(NEAR_TIE, 2 * bound)) {
                    assertEquals(Feeder.best(expected), Feeder.best(logits));
                }
                int next = Feeder.best(expected);
                logits = feeders[at].feed(moving, next);
                expected = feeders[0].feed(still, next);
            }
            assertEquals(PROMPT + ANSWER, moving.length());
            moving.close();
        }
    }
}
