/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

    private static final class Counting implements Sequence {

        private int length;

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            return this;
        }

        @Override
        public boolean truncate(int to) {
            return to == length;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("no state");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** What a thread that generates does: asks for its tokens to be read, and waits. */
    private static void ask(Slot slot, Inbox inbox, boolean withdrawn) {
        slot.request(Thread.currentThread(), () -> Step.Logits.LAST);
        inbox.submit(slot);
        if (withdrawn) {
            slot.withdraw();
            inbox.wake();
        }
        while (slot.isPending()) {
            LockSupport.park();
        }
    }

    /** What the scheduler's thread does with slots. */
    private static void serve(Inbox inbox, AtomicBoolean over) {
        List<Slot> batch = new ArrayList<>();
        while (!over.get()) {
            // as before each pass: those that were withdrawn end
            inbox.fill(batch, 0);
            inbox.fill(batch, 2);
            assertEquals(Set.copyOf(batch).size(), batch.size(), "a slot stands in a pass twice");
            batch.removeIf(Slot::endIfRead);
            if (batch.isEmpty()) {
                LockSupport.park();
            }
            for (Slot slot : batch) {
                slot.next(1, 1);
                slot.advance();
            }
            batch.clear();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoWithdrawsARequestHasTheNextOneAnswered() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Inbox inbox = new Inbox(Thread.currentThread());
            AtomicBoolean over = new AtomicBoolean();
            Slot slot = new Slot();
            slot.attach(new Counting(), 3);
            slot.prompt(new int[]{1});
            Thread answer = new Thread(() -> {
                ask(slot, inbox, true);
                ask(slot, inbox, false);
                over.set(true);
                inbox.wake();
            });
            answer.start();
            serve(inbox, over);
            join(answer);
            assertEquals(0, slot.unread(), "the second request ended without its token");
        });
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
