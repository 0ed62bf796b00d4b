/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Many streams at once beside clients that behave badly: some never read, some dribble their headers, some go away in the middle.
 * None of the good ones may lose anything, and nothing may be left running. A small share in each build; docs/server.md has the
 * command for more.
 */
class LoadTest {

    private static final int STREAMS = Integer.getInteger("millrace.load", 40);
    private static final String WRITE_SECONDS = System.getProperty("millrace.load.writeSeconds", "2");
    private static final int BAD = Math.max(3, STREAMS / 20);

    @Test
    void nothingIsLostForTheOthers() throws Exception {
        Random random = new Random(1);
        List<Socket> bad = new ArrayList<>();
        AtomicInteger whole = new AtomicInteger();
        try (Nano nano = new Nano("running", "8", "runningPerToken", "8", "queuedPerToken", "100000", "connections",
                "4000", "writeSeconds", WRITE_SECONDS);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Crowd crowd = new Crowd(nano);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                all.add(threads.submit(() -> {
                    assertEquals("Goodbye!", crowd.good());
                    return whole.incrementAndGet();
                }));
                if (i % (STREAMS / BAD) == 0) {
                    bad.add(crowd.deaf());
                    bad.add(crowd.dribbler());
                    int after = random.nextInt(3000);
                    all.add(threads.submit(() -> {
                        crowd.killed(after);
                        return after;
                    }));
                }
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertEquals(STREAMS, whole.get());
            for (Socket socket : bad) {
                socket.close();
            }
            long end = System.nanoTime() + 60_000_000_000L;
            while (nano.gauge("millrace_server_answers_running") + nano.gauge("millrace_server_answers_waiting") > 0) {
                assertTrue(System.nanoTime() < end, "an answer is left running");
                Thread.onSpinWait();
            }
            // this very request is one of them; another's answer may have ended just before the request itself
            while (nano.gauge("millrace_server_requests_open") > 1) {
                assertTrue(System.nanoTime() < end, "a request is left open");
                Thread.onSpinWait();
            }
            System.out.println("LOAD: " + STREAMS + " streams, 8 at once, " + BAD
                    + " each that never read, dribble, leave; " + crowd);
        }
    }
}
