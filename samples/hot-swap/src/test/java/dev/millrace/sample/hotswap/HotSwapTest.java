/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.hotswap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sample prints what its page says, but for the names of devices, which each machine has its own of. */
final class HotSwapTest {

    private static final int LABEL = 15;

    private static String run(String... arguments) {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            HotSwap.main(arguments);
        } finally {
            System.setOut(out);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static List<String> withoutDevices(Stream<String> lines) {
        return lines.map(line -> line.startsWith("cpu:") || line.startsWith(" ") ? line.substring(LABEL) : line)
                .toList();
    }

    private static List<String> devices(String printed) {
        return printed.lines().filter(line -> line.startsWith("cpu:")).map(line -> line.substring(0, LABEL).strip())
                .toList();
    }

    @Test
    void printsWhatItsPageSays() throws IOException {
        String page = Files.readString(Path.of("README.md"));
        int from = page.indexOf("> Hello!");
        String shown = page.substring(from, page.indexOf("```", from));
        String printed = run();
        assertEquals(withoutDevices(shown.lines()), withoutDevices(printed.lines()));
        List<String> all;
        try (Millrace millrace = Millrace.start()) {
            all = millrace.devices().stream().map(device -> device.id()).toList();
        }
        if (all.size() > 1) {
            // two answers are begun on one device and ended on the next
            List<String> seen = devices(printed);
            assertEquals(List.of(all.get(0), all.get(0), all.get(1), all.get(1), all.get(2 % all.size()),
                    all.get(2 % all.size())), seen);
        }
    }

    @Test
    void tellsWhatItIsAskedByItsArguments() {
        String printed = run("nano", "Bye");
        assertTrue(printed.contains("Goodbye!"), printed);
        assertTrue(printed.endsWith("the same, to the letter.\n"), printed);
    }
}
