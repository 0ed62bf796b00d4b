/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A real broker in a process of its own, which is killed and started again as a test likes. */
final class Mosquitto implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 30;

    private final Path folder;
    private final Path program;
    private final int port;
    private @Nullable Process process;

    /**
     * Starts a broker.
     *
     * @param more lines of its file of configuration
     */
    Mosquitto(Path folder, String... more) throws IOException, InterruptedException {
        this.folder = folder;
        this.program = program().orElse(Path.of("mosquitto"));
        boolean there = program().isPresent();
        if (!there) {
            System.out.println("LEFT OUT: MQTT with a broker; on Debian as root, run"
                    + " plugins/mqtt/src/test/broker/install first.");
        }
        Assumptions.assumeTrue(there, "There is no mosquitto.");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(folder.resolve("mosquitto.conf"), """
                listener %d 127.0.0.1
                allow_anonymous true
                user %s
                persistence true
                persistence_location %s/
                max_queued_messages 0
                max_inflight_messages 100
                %s
                """.formatted(port, System.getProperty("user.name"), folder, String.join("\n", more)));
        start();
    }

    private static Optional<Path> program() {
        return Stream.of("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")
                .map(Path::of).filter(Files::isExecutable).findFirst();
    }

    int port() {
        return port;
    }

    String url() {
        return "mqtt://127.0.0.1:" + port;
    }

    /** Starts it, and waits until it accepts connections. */
    void start() throws IOException, InterruptedException {
        Process started = new ProcessBuilder(
                List.of(program.toString(), "-c", folder.resolve("mosquitto.conf").toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
        process = started;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < end) {
            if (!started.isAlive()) {
                throw new IOException("The broker ended: " + Files.readString(folder.resolve("log")));
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
                OutputStream out = socket.getOutputStream();
                InputStream in = socket.getInputStream();
                // a connect of MQTT 3.1.1 with an empty name, and its acknowledgement
                out.write(new byte[]{0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 10, 0, 0});
                socket.setSoTimeout(1_000);
                if (in.read() == 0x20) {
                    return;
                }
            } catch (IOException e) {
                started.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
        throw new IOException("The broker does not listen: " + Files.readString(folder.resolve("log")));
    }

    /** Ends it; it writes down what it has. */
    void stop() throws InterruptedException {
        end(false);
    }

    /** Kills it; what it has not written down is lost. */
    void kill() throws InterruptedException {
        end(true);
    }

    private void end(boolean hard) throws InterruptedException {
        Process running = process;
        if (running != null) {
            if (hard) {
                running.destroyForcibly();
            } else {
                running.destroy();
            }
            if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("The broker does not end.");
            }
        }
    }

    @Override
    public void close() {
        try {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
