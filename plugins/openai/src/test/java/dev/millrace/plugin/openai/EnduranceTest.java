/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A server that is never left in peace: good clients that ask again and again, and others that never read, dribble their headers, or
 * are killed at random. A few seconds in each build; {@code millrace.load.minutes} and {@code millrace.load} ask for more, and then
 * the heap has to stay flat.
 */
class EnduranceTest {

    private static final int MINUTES = Integer.getInteger("millrace.load.minutes", 0);
    private static final int STREAMS = Integer.getInteger("millrace.load", 40);
    private static final String WRITE_SECONDS = System.getProperty("millrace.load.writeSeconds", "10");
    private static final int BAD = Math.max(3, STREAMS / 20);
    /** Bytes that the heap may grow by, whatever is on its way at the moment. */
    private static final long SLACK = 64L << 20;

    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger whole = new AtomicInteger();
    private final AtomicInteger killed = new AtomicInteger();

    /** Something that a client does over and over. */
    private interface Act {
        void once() throws Exception;
    }

    @Test
    void whoeverBehavesLosesNothing() throws Exception {
        List<Long> heap = new ArrayList<>();
        try (Nano nano = new Nano("running", "8", "runningPerToken", "8", "queuedPerToken", "100000", "connections",
                "4000", "writeSeconds", WRITE_SECONDS);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Crowd crowd = new Crowd(nano);
            List<Future<?>> good = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                good.add(threads.submit(() -> again(() -> {
                    assertEquals("Goodbye!", crowd.good());
                    whole.incrementAndGet();
                })));
            }
            List<Future<?>> bad = new ArrayList<>();
            for (int i = 0; i < BAD; i++) {
                bad.add(threads.submit(() -> againWhateverHappens(() -> waits(crowd.deaf()))));
                bad.add(threads.submit(() -> againWhateverHappens(() -> waits(crowd.dribbler()))));
                bad.add(threads.submit(() -> againWhateverHappens(() -> {
                    crowd.killed(ThreadLocalRandom.current().nextInt(3000));
                    killed.incrementAndGet();
                })));
            }
            watch(nano, heap, good);
            over.countDown();
            for (Future<?> one : good) {
                one.get();
            }
            for (Future<?> one : bad) {
                one.get();
            }
            long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
            while (nano.gauge("millrace_server_answers_running") + nano.gauge("millrace_server_answers_waiting") > 0
                    || nano.gauge("millrace_server_requests_open") > 1) {
                assertTrue(System.nanoTime() < end, "something is left running");
                Thread.onSpinWait();
            }
            System.out.println("ENDURANCE: " + MINUTES + " minutes, " + STREAMS + " streams open, 8 at once, " + BAD
                    + " each that never read, dribble, leave; " + whole + " whole answers, " + killed + " killed; "
                    + crowd + "; heap by minute in MB "
                    + heap.stream().map(bytes -> bytes >> 20).toList());
        }
        assertTrue(whole.get() >= STREAMS, "only " + whole + " answers");
        if (MINUTES > 1) {
            assertTrue(heap.getLast() - heap.getFirst() < SLACK, "the heap grows: " + heap);
        }
    }

    /** Until the time is over, or a good client has lost something. */
    private void watch(Nano nano, List<Long> heap, List<Future<?>> good) throws Exception {
        if (MINUTES == 0) {
            // a round of each, however long it takes
            while (whole.get() < 2 * STREAMS && good.stream().noneMatch(Future::isDone)) {
                over.await(50, TimeUnit.MILLISECONDS);
            }
        }
        for (int minute = 0; minute < MINUTES && good.stream().noneMatch(Future::isDone); minute++) {
            over.await(1, TimeUnit.MINUTES);
            System.gc();
            heap.add(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
            System.out.println("ENDURANCE: minute " + (minute + 1) + ", heap " + (heap.getLast() >> 20) + " MB, "
                    + whole + " whole answers, " + nano.gauge("millrace_server_requests_open") + " requests open");
        }
    }

    private Void again(Act act) throws Exception {
        while (over.getCount() > 0) {
            act.once();
        }
        return null;
    }

    /** A client that behaves badly is sent away now and then. */
    private Void againWhateverHappens(Act act) throws Exception {
        return again(() -> {
            try {
                act.once();
            } catch (IOException e) {
                // that is what happens to it
            }
        });
    }

    /** Holds a connection for a moment, and lets it go. */
    private void waits(Socket socket) throws IOException, InterruptedException {
        try (socket) {
            over.await(ThreadLocalRandom.current().nextInt(200, 5000), TimeUnit.MILLISECONDS);
        }
    }
}
