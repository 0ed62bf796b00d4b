/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Clients in JavaScript: openai, ai, LangChain, Anthropic, Ollama. They need Node and what {@code clients/install} fetches; where
 * these are missing, the build says that they were left out.
 */
class NodeClientsTest {

    private static final Path CLIENTS = Path.of("src", "test", "clients");

    private static boolean present() {
        try {
            return Files.isDirectory(CLIENTS.resolve("node_modules"))
                    && new ProcessBuilder("node", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            return false; // there is no node
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void allClientsAreContent() throws Exception {
        if (!present()) {
            System.out.println("LEFT OUT: the clients in JavaScript; with Node 20 or newer, run"
                    + " plugins/openai/src/test/clients/install first.");
        }
        Assumptions.assumeTrue(present(), "Node or its packages are missing.");
        try (Nano nano = new Nano("tokens", "secret")) {
            ProcessBuilder builder = new ProcessBuilder("node", CLIENTS.resolve("clients.mjs").toString(),
                    nano.address().toString()).redirectErrorStream(true);
            // keys and proxies of whoever runs the build are nothing for these clients
            String path = System.getenv("PATH");
            builder.environment().clear();
            builder.environment().put("PATH", path == null ? "/usr/bin" : path);
            Process process = builder.start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(1, TimeUnit.MINUTES));
            assertEquals(0, process.exitValue(), said);
            assertEquals(9, said.lines().filter(line -> line.startsWith("ok ")).count(), said);
        }
    }
}
