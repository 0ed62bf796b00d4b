/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.GraphWriter;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sequences in one forward that fail, beside others that do not. */
class GroupsTest {

    private static final int VOCABULARY = 8;
    private static final int POISON = 7;

    @TempDir
    Path folder;

    /** Logits are the rows of a table; the last token points behind another table, where the runtime refuses to look. */
    private Graph poisoned(Object batch) throws IOException {
        Path file = folder.resolve("model.onnx");
        GraphWriter writer = new GraphWriter(file, false);
        String ids = writer.input("input_ids", GraphWriter.INT64, batch, "tokens");
        float[] table = new float[VOCABULARY * VOCABULARY];
        for (int i = 0; i < table.length; i++) {
            table[i] = i;
        }
        String rows = writer.node("Gather", writer.floats(table, VOCABULARY, VOCABULARY), ids);
        String poison = writer.node("Mul", writer.node("Gather", writer.floats(new float[POISON * 4], POISON, 4), ids),
                writer.scalar(0f));
        for (String part : List.of("key", "value")) {
            String past = writer.input("past_key_values.0." + part, GraphWriter.FLOAT, batch, 1, "past", 4);
            writer.named("", "Concat", Map.of("axis", 2), List.of("present.0." + part), past,
                    writer.node("Unsqueeze", poison, writer.longs(1)));
            writer.output("present.0." + part, GraphWriter.FLOAT, batch, 1, "total", 4);
        }
        writer.named("", "Identity", Map.of(), List.of("logits"), rows);
        writer.output("logits", GraphWriter.FLOAT, batch, "tokens", VOCABULARY);
        writer.write();
        return new Graph("onnx", "test", VOCABULARY, 4, 64, List.of(new StateShape.KeyValues(1, 4)),
                List.of(new Graph.Variant("fp32", file, List.of(), Files.size(file))));
    }

    private void oneFails(Object batch) throws IOException {
        OnnxBackend backend = new OnnxBackend();
        try (Executor executor = backend.load(poisoned(batch), backend.devices().getFirst(),
                LoadOptions.of(64).withThreads(1), Progress.NONE)) {
            int[] tokens = {1, 2, POISON, 3, 4};
            List<Step> steps = new ArrayList<>();
            List<Sequence> sequences = new ArrayList<>();
            for (int i = 0; i < tokens.length; i++) {
                // two groups: the first three have read nothing, the others a token
                Sequence sequence = executor.newSequence();
                if (i > 2) {
                    executor.forward(
                            List.of(new Step(sequence, VOCABULARY).feed(new int[]{0}, 0, 1, Step.Logits.NONE)));
                }
                sequences.add(sequence);
                steps.add(new Step(sequence, VOCABULARY).feed(tokens, i, i + 1, Step.Logits.LAST));
            }
            executor.forward(steps);
            for (int i = 0; i < tokens.length; i++) {
                boolean poisoned = tokens[i] == POISON;
                assertEquals(poisoned, steps.get(i).failed(), "step " + i);
                if (poisoned) {
                    String message = steps.get(i).failure().orElseThrow().getMessage();
                    assertTrue(message.contains("Gather") && !message.contains(".cc"), message);
                    assertThrows(IllegalStateException.class, sequences.get(i)::export);
                } else {
                    assertEquals(tokens[i] * VOCABULARY, steps.get(i).logits()[0]);
                    assertEquals(i > 2 ? 2 : 1, sequences.get(i).length());
                }
            }
            Step more = new Step(sequences.getFirst(), VOCABULARY).feed(new int[]{5}, 0, 1, Step.Logits.LAST);
            executor.forward(List.of(more));
            assertFalse(more.failed());
        }
    }

    @Test
    void aFailureOfOneGroupIsNotThatOfAnother() throws IOException {
        oneFails("batch");
    }

    @Test
    void norWhereTheGraphTakesOneSequenceAtATime() throws IOException {
        oneFails(1);
    }
}
