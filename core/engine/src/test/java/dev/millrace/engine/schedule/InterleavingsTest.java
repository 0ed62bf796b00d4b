/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What threads share with the scheduler's thread, with their steps in many orders: Lincheck switches between the threads where they touch
 * what they share, at other places in each invocation. No time passes, but
 * Lincheck's threads wait for each other by spinning, and it gives up after half a minute: so this is no part of the build, which may run
 * beside other work.
 */
@EnabledIfSystemProperty(named = "millrace.interleavings", matches = "\\d+")
class InterleavingsTest {

    private static final int INVOCATIONS = Integer.getInteger("millrace.interleavings", 0);

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aPassIsEitherDoneOrLeftAloneAndLeftByOneAlone() {
        Patience none = new Patience(Duration.ofNanos(-1), Duration.ofNanos(-1), Duration.ofNanos(-1), Duration.ZERO);
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Watchdog watchdog = new Watchdog(none);
            AtomicInteger goOn = new AtomicInteger();
            Thread computes = new Thread(() -> {
                try {
                    watchdog.forward(new NoExecutor(new BackendException("Nothing computes.")), List.of());
                } catch (Watchdog.Abandoned e) {
                    return;
                } catch (BackendException e) {
                    // it came back in time
                }
                goOn.incrementAndGet();
            });
            Thread waits = new Thread(() -> {
                if (watchdog.abandon(true)) {
                    goOn.incrementAndGet();
                }
            });
            computes.start();
            waits.start();
            if (watchdog.abandon(false)) {
                goOn.incrementAndGet();
            }
            join(computes);
            join(waits);
            assertEquals(1, goOn.get(), "threads that go on after the pass");
        });
    }

    @Test
    void everyTaskThatWasTakenIsRunOrFails() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Inbox inbox = new Inbox(Thread.currentThread());
            Task<Integer> first = new Task<>(() -> 1);
            Task<Integer> second = new Task<>(() -> 2);
            AtomicBoolean firstTaken = new AtomicBoolean();
            AtomicBoolean secondTaken = new AtomicBoolean();
            Thread one = new Thread(() -> firstTaken.set(inbox.offer(first)));
            Thread other = new Thread(() -> {
                secondTaken.set(inbox.offer(second));
                inbox.stop();
            });
            one.start();
            other.start();
            while (!inbox.isDone()) {
                Task<?> task = inbox.task();
                if (task == null) {
                    LockSupport.park();
                } else {
                    task.run();
                }
            }
            inbox.end(null);
            join(one);
            join(other);
            assertTrue(secondTaken.get(), "it came before the end");
            assertEquals(firstTaken.get(), first.isDone(), "a task is left over");
            assertTrue(second.isDone());
        });
    }
}
