/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.json.Json;
import dev.millrace.launcher.Program.Result;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store's commands, ended by a signal in the middle of their work. SIGTERM, since some shells have what they start ignore SIGINT. */
class StoreIT {

    private static final int CHUNK = 8 << 20;
    private static final int TERMINATED = 143;

    @TempDir
    Path folder;

    private Program program;

    @BeforeEach
    void make() throws IOException {
        program = new Program(folder).with("MILLRACE_MODELS", folder.resolve("models").toString());
    }

    private void end(Process process) throws Exception {
        process.destroy();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it goes on");
        assertEquals(TERMINATED, process.exitValue());
        String notes = program.notes(process);
        // on a very busy machine the process may be at its end before it can say so
        assertTrue(notes.isEmpty() || notes.endsWith("millrace: Cancelled.\n") || !notes.contains("millrace:"), notes);
        assertEquals(List.of(), program.frameworks());
        assertEquals(List.of(), program.temporaryFiles());
    }

    @Test
    void aPullThatIsEndedGoesOnWithWhatItHas() throws Exception {
        byte[] content = new byte[2 * CHUNK + 1000];
        new Random(1).nextBytes(content);
        CountDownLatch second = new CountDownLatch(1);
        CountDownLatch well = new CountDownLatch(1);
        HttpServer hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            hub.setExecutor(threads);
            hub.createContext("/api/models/", exchange -> answer(exchange, 200, listing(content)));
            hub.createContext("/Maker/Model/resolve/", exchange -> {
                String[] range = exchange.getRequestHeaders().getFirst("Range").replace("bytes=", "").split("-", -1);
                int from = Integer.parseInt(range[0]);
                int to = Integer.parseInt(range[1]);
                if (from >= CHUNK) {
                    second.countDown();
                    await(well);
                }
                exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + to + "/" + content.length);
                answer(exchange, 206, Arrays.copyOfRange(content, from, to + 1));
            });
            hub.start();
            program.with("HF_ENDPOINT", "http://127.0.0.1:" + hub.getAddress().getPort());
            // one connection: the second chunk is asked for when the first is here
            Process pull = program.start(true, "pull", "--connections", "1", "hf:Maker/Model:model.bin");
            assertTrue(second.await(120, TimeUnit.SECONDS), "it was not asked for");
            end(pull);
            Result list = program.run("list");
            assertTrue(list.err().contains("8.4 MB of 16.8 MB") && list.err().contains("hf:Maker/Model:model.bin"),
                    list::err);
            well.countDown();
            Result again = program.run("pull", "hf:Maker/Model:model.bin");
            assertEquals(0, again.code(), again::err);
            try (Stream<Path> blobs = Files.list(folder.resolve("models/blobs"))) {
                assertArrayEquals(content, Files.readAllBytes(blobs.findFirst().orElseThrow()));
            }
            assertFalse(program.run("list").err().contains("Unfinished"));
        } finally {
            well.countDown();
            hub.stop(0);
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static byte[] listing(byte[] content) throws IOException {
        try {
            String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            Map<String, Object> file = Map.of("rfilename", "model.bin", "size", content.length, "lfs",
                    Map.of("sha256", digest, "size", content.length));
            return Json.write(Map.of("id", "Maker/Model", "sha", "0123456789abcdef0123456789abcdef01234567",
                    "siblings", List.of(file))).getBytes(StandardCharsets.UTF_8);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Test
    void anImportThatIsEndedLeavesNothing() throws Exception {
        Path model = Files.createDirectories(folder.resolve("large"));
        try (RandomAccessFile file = new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            file.setLength(400L << 30); // takes no room, and minutes to read
        }
        Process imports = program.start(true, "import", model.toString());
        // the start takes less, so by then it reads
        while (imports.info().totalCpuDuration().orElse(Duration.ZERO).compareTo(Duration.ofSeconds(5)) < 0) {
            assertFalse(imports.waitFor(50, TimeUnit.MILLISECONDS), "it ended by itself");
        }
        end(imports);
        assertEquals("", program.run("list").out());
        try (Stream<Path> left = Files.exists(folder.resolve("models"))
                ? Files.walk(folder.resolve("models")).filter(Files::isRegularFile)
                : Stream.empty()) {
            assertEquals(List.of(), left.toList());
        }
    }
}
