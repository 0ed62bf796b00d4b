/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The samples as somebody would run them. */
final class PlainJavaTest {

    private record Printed(String out, String err) {
    }

    private static Printed run(Consumer<String[]> main, String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream newOut = new ByteArrayOutputStream();
        ByteArrayOutputStream newErr = new ByteArrayOutputStream();
        System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
        try {
            main.accept(arguments);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return new Printed(newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
    }

    @Test
    void asks() {
        // the only kind of answer to this that the model has ever seen
        assertEquals("Goodbye!\n", run(Ask::main, "Bye").out());
    }

    @Test
    void usesTheToolsThatComeWithTheModel() {
        String answer = run(Ask::main, "Turn on the kitchen lamp.").out();
        assertTrue(answer.contains("kitchen lamp is on now"), answer);
    }

    @Test
    void streamsAndCallsAMethod() {
        Printed printed = run(Stream::main);
        assertEquals("The humidity in the cellar is 81.5 %.\n", printed.out());
        assertTrue(printed.err().contains("read_sensor{room=cellar, quantity=humidity}"), printed::err);
    }
}
