/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.engine.Engine;
import dev.millrace.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two backends side by side. */
final class ParityCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        Console console = new Console(new ByteArrayInputStream(new byte[0]),
                new StandardOutput(out), new PrintStream(err, true, StandardCharsets.UTF_8),
                false, false, false, false);
        try (Millrace millrace = Millrace.start()) {
            return new MillraceCommand(
                    new Workplace(assertInstanceOf(Engine.class, millrace), List.of(), List.of(), console, "0.1.0",
                            List.of(), List.of(), List.of(), List.of(), List.of()))
                    .execute(arguments);
        }
    }

    @Test
    void oneModelOnTwoDevices() {
        int code = run("parity", "--model", "nano", "--backend", "cpu:vector", "--backend", "cpu:scalar", "--text",
                "What is the temperature in the cellar?", "-n", "8", "--json");
        assertEquals(0, code, () -> err.toString(StandardCharsets.UTF_8));
        Map<?, ?> result = assertInstanceOf(Map.class, Json.parse(out.toString(StandardCharsets.UTF_8)));
        double largest = assertInstanceOf(Double.class, result.get("largestError"));
        double mean = assertInstanceOf(Double.class, result.get("meanError"));
        assertTrue(largest < 1e-3 && mean <= largest, () -> largest + ", " + mean);
        assertEquals(1.0, result.get("agreement"));
        assertNull(result.get("partedAt"));
    }

    @Test
    void theSameForPeople() {
        assertEquals(0, run("parity", "--model", "nano", "--model", "nano", "--ids", "1,2,3", "-n", "2"));
        String text = out.toString(StandardCharsets.UTF_8);
        assertEquals(5, text.lines().count(), text);
        assertTrue(text.contains("differ by 0.00 at most"), text);
    }

    @Test
    void oneModelWithTwoTypesOfKeysAndValues() {
        int code = run("parity", "--model", "nano", "--kv", "f32", "--kv", "q8", "--text",
                "What is the temperature in the cellar?", "-n", "8", "--json");
        assertEquals(0, code, () -> err.toString(StandardCharsets.UTF_8));
        Map<?, ?> result = assertInstanceOf(Map.class, Json.parse(out.toString(StandardCharsets.UTF_8)));
        double largest = assertInstanceOf(Double.class, result.get("largestError"));
        assertTrue(largest > 0 && largest < 1, () -> "" + largest);
        assertNull(result.get("partedAt"));
    }

    @Test
    void wrongUsage() {
        assertEquals(2, run("parity", "--model", "nano"));
        assertEquals(2, run("parity", "--model", "nano", "--backend", "cpu"));
        assertEquals(2, run("parity", "--model", "nano", "--kv", "q8"));
        assertEquals(2, run("parity", "--model", "nano", "--kv", "q8", "--kv", "f16", "--kv", "f32"));
        assertEquals(2, run("parity", "--model", "nano", "--model", "nano", "--ids", "1", "--text", "a"));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }
}
