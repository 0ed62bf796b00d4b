/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A client that leaves ends its answer: while it is written, while its prompt is read, and while it waits for its turn. */
class LeavingTest {

    private static final String RUNNING = "millrace_server_answers_running";
    private static final String WAITING = "millrace_server_answers_waiting";
    private static final String CANCELLED = "millrace_answers_total{model=\"nano\",reason=\"cancelled\"}";

    private static void await(Nano nano, String name, int value) throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (nano.gauge(name) != value) {
            assertTrue(System.nanoTime() < end, () -> name + " does not become " + value);
        }
    }

    private static int cancelled(Nano nano) throws Exception {
        return nano.get("/metrics").body().contains(CANCELLED) ? nano.gauge(CANCELLED) : 0;
    }

    private static void awaitCancelled(Nano nano, int count) throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (cancelled(nano) < count) {
            assertTrue(System.nanoTime() < end, "the answer was not cancelled");
        }
    }

    @Test
    void whileItIsWritten() throws Exception {
        try (Nano nano = new Nano()) {
            try (Socket socket = new Crowd(nano).endless("Hello")) {
                byte[] head = socket.getInputStream().readNBytes(2000);
                assertEquals(2000, head.length);
            }
            awaitCancelled(nano, 1);
            await(nano, RUNNING, 0);
        }
    }

    @Test
    void whileItsPromptIsRead() throws Exception {
        try (Nano nano = new Nano()) {
            try (Socket socket = new Crowd(nano).endless("word ".repeat(300))) {
                await(nano, RUNNING, 1);
                assertTrue(socket.isConnected());
            }
            awaitCancelled(nano, 1);
            await(nano, RUNNING, 0);
        }
    }

    @Test
    void whileItWaits() throws Exception {
        try (Nano nano = new Nano("running", "1")) {
            Crowd crowd = new Crowd(nano);
            // never read: the first answer is held up by its own client, so it does not end
            try (Socket first = crowd.deaf()) {
                await(nano, RUNNING, 1);
                try (Socket second = crowd.endless("Hello")) {
                    await(nano, WAITING, 1);
                    assertTrue(second.isConnected());
                }
                await(nano, WAITING, 0);
                assertTrue(first.isConnected());
                assertEquals(0, cancelled(nano), "the other one goes on, and what waited was never begun");
            }
            await(nano, RUNNING, 0);
        }
    }
}
