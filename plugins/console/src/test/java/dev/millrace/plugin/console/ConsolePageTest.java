/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The page in a real browser. It needs Chromium, Node and what {@code browser/install} fetches; where these are missing, the build
 * says that it was left out. The pictures that it takes lie in {@code target/screenshots}.
 */
class ConsolePageTest {

    private static final Path BROWSER = Path.of("src", "test", "browser");
    private static final Path PICTURES = Path.of("target", "screenshots");

    private static Optional<Path> onPath(String... names) {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "/usr/bin" : path).split(":", -1))
                .flatMap(folder -> Stream.of(names).map(name -> Path.of(folder, name))).filter(Files::isExecutable)
                .findFirst();
    }

    @Test
    void theWholePage() throws Exception {
        Optional<Path> browser = onPath("chromium", "google-chrome");
        Optional<Path> node = onPath("node");
        boolean present = browser.isPresent() && node.isPresent()
                && Files.isDirectory(BROWSER.resolve("node_modules"));
        if (!present) {
            System.out.println("LEFT OUT: the console in a browser; with Node 20 or newer and Chromium, run"
                    + " plugins/console/src/test/browser/install first.");
        }
        Assumptions.assumeTrue(present, "Node, Chromium or their packages are missing.");
        Files.createDirectories(PICTURES);
        try (Served served = new Served("tokens", "secret")) {
            String said = run(List.of(node.orElseThrow().toString(), BROWSER.resolve("browser.mjs").toString(),
                    served.server.address().toString(), browser.orElseThrow().toString(), PICTURES.toString()));
            assertEquals(0, said.lines().filter(line -> line.startsWith("FAILED ")).count(), said);
            assertTrue(said.lines().filter(line -> line.startsWith("ok ")).count() >= 15, said);
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("PATH", path == null ? "/usr/bin" : path);
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(2, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), said);
        return said;
    }
}
