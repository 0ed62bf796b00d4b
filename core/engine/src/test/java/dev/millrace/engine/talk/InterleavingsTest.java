/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.BusyException;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Timings;
import dev.millrace.api.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What the threads of an answer and of those who read it share, with their steps in many orders: Lincheck switches between the threads
 * where they touch what they share, at other places in each invocation. No time passes, but
 * Lincheck's threads wait for each other by spinning, and it gives up after half a minute: so this is no part of the build, which may run
 * beside other work.
 */
@EnabledIfSystemProperty(named = "millrace.interleavings", matches = "\\d+")
class InterleavingsTest {

    private static final int INVOCATIONS = Integer.getInteger("millrace.interleavings", 0);
    private static final Event.Finished END = new Event.Finished(FinishReason.STOP, new Usage(1, 0, 1),
            new Timings(Duration.ZERO, Duration.ZERO, 0, Duration.ZERO, 0, Duration.ZERO));
    private static final List<Event> ALL = List.of(new Event.Text("a"), new Event.Text("b"), END);

    private static LiveGeneration log() {
        return new LiveGeneration("test", own -> {
        });
    }

    private static void write(LiveGeneration log) {
        log.add(new Event.Text("a"));
        log.add(new Event.Text("b"));
        log.finish(END);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aReaderThatIsInterruptedSeesTheEndAsWell() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            LiveGeneration log = log();
            List<Event> seen = new ArrayList<>();
            Thread reader = new Thread(() -> log.forEach(seen::add));
            reader.start();
            Thread writer = new Thread(() -> write(log));
            writer.start();
            reader.interrupt();
            join(writer);
            join(reader);
            assertEquals(ALL, seen);
        });
    }

    /** Fails if it is told anything beside something else. */
    private static final class Listener implements Flow.Subscriber<Event> {

        private final List<Object> told = new ArrayList<>();
        private final AtomicInteger inside = new AtomicInteger();
        private int together;

        private void tell(Object what) {
            if (inside.incrementAndGet() > 1) {
                together++;
            }
            told.add(what);
            inside.decrementAndGet();
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            // those who ask have it
        }

        @Override
        public void onNext(Event event) {
            tell(event);
        }

        @Override
        public void onError(Throwable problem) {
            tell(problem);
        }

        @Override
        public void onComplete() {
            tell("complete");
        }
    }

    /** Makes threads, and waits for them. */
    private static final class Threads implements ThreadFactory {

        private final List<Thread> made = new CopyOnWriteArrayList<>();

        @Override
        public Thread newThread(Runnable work) {
            Thread thread = new Thread(work);
            made.add(thread);
            return thread;
        }

        /** Those that they start are made before they end. */
        void join() {
            for (int i = 0; i < made.size(); i++) {
                InterleavingsTest.join(made.get(i));
            }
        }
    }

    @Test
    void aSubscriberIsToldAllThatItAsksForOnOneThreadAtATime() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            List<Event> log = List.of(ALL.getFirst(), END);
            Listener listener = new Listener();
            Threads threads = new Threads();
            EventSubscription subscription = new EventSubscription(listener, log::get, index -> index >= log.size(),
                    threads);
            subscription.start();
            Thread other = threads.newThread(() -> subscription.request(1));
            other.start();
            subscription.request(1);
            threads.join();
            assertEquals(List.of(log.getFirst(), END, "complete"), listener.told);
            assertEquals(0, listener.together);
        });
    }

    @Test
    void whoeverAsksForNothingIsToldOfTheEndOnce() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            AtomicBoolean over = new AtomicBoolean();
            MillraceException problem = new MillraceException("It failed.");
            Listener listener = new Listener();
            Threads threads = new Threads();
            EventSubscription subscription = new EventSubscription(listener, index -> {
                throw problem;
            }, index -> over.get(), threads);
            Thread writer = threads.newThread(() -> {
                over.set(true);
                subscription.look();
            });
            writer.start();
            subscription.start();
            threads.join();
            assertEquals(List.of(problem), listener.told);
        });
    }

    @Test
    void asManyAnswersAreTakenAsMayBe() {
        Lincheck.runConcurrentTest(INVOCATIONS, () -> {
            Conversations all = new Conversations("test", 3, () -> {
            });
            AtomicInteger refused = new AtomicInteger();
            Thread many = new Thread(() -> {
                try {
                    all.begin(4);
                } catch (BusyException e) {
                    refused.incrementAndGet();
                }
            });
            Thread few = new Thread(() -> {
                all.begin(2);
                all.ended();
                all.ended();
            });
            many.start();
            few.start();
            all.begin(1);
            join(many);
            join(few);
            assertEquals(1, refused.get(), "four are more than three, and what is refused takes no place from others");
            assertEquals(1, all.answers());
        });
    }
}
