/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Timings;
import dev.millrace.api.Usage;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LiveGenerationTest {

    private static final Event.Finished END = new Event.Finished(FinishReason.STOP, new Usage(1, 0, 1),
            new Timings(Duration.ZERO, Duration.ZERO, 0, Duration.ZERO, 0, Duration.ZERO));

    @Test
    void anInterruptJustBeforeTheEndLosesNoWakeUp() throws Exception {
        for (int i = 0; i < 100; i++) {
            LiveGeneration log = new LiveGeneration("test", own -> {
            });
            CompletableFuture<FinishReason> seen = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> seen.complete(log.answer().reason()));
            while (reader.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            reader.interrupt();
            log.finish(END);
            assertEquals(FinishReason.STOP, seen.get());
            reader.join();
        }
    }

    /** What a subscriber was told. */
    private static class Listener implements Flow.Subscriber<Event> {
        final List<Object> told = new CopyOnWriteArrayList<>();
        final CountDownLatch over = new CountDownLatch(1);
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(Event event) {
            told.add(event);
        }

        @Override
        public void onError(Throwable problem) {
            told.add(problem);
            over.countDown();
        }

        @Override
        public void onComplete() {
            told.add("complete");
            over.countDown();
        }
    }

    private static LiveGeneration finished() {
        LiveGeneration log = new LiveGeneration("test", own -> {
        });
        log.add(new Event.Text("a"));
        log.add(new Event.Text("b"));
        log.finish(END);
        return log;
    }

    @Test
    void tellsAsMuchAsIsAskedForAndEndsOnce() throws Exception {
        Listener listener = new Listener();
        finished().publisher().subscribe(listener);
        Flow.Subscription subscription = listener.subscription.get();
        assertTrue(listener.told.isEmpty());
        subscription.request(1);
        subscription.request(Long.MAX_VALUE);
        subscription.request(Long.MAX_VALUE);
        listener.over.await();
        assertEquals(List.of(new Event.Text("a"), new Event.Text("b"), END, "complete"), listener.told);
        subscription.request(-1);
        subscription.cancel();
        subscription.cancel();
        assertEquals(4, listener.told.size());
    }

    @Test
    void refusesToBeAskedForNothing() throws Exception {
        Listener listener = new Listener();
        finished().publisher().subscribe(listener);
        listener.subscription.get().request(0);
        listener.over.await();
        assertInstanceOf(IllegalArgumentException.class, listener.told.getFirst());
        assertEquals(1, listener.told.size());
    }

    @Test
    void aSubscriberThatThrowsIsToldNothingMore() throws Exception {
        CountDownLatch thrown = new CountDownLatch(1);
        Listener listener = new Listener() {
            @Override
            public void onNext(Event event) {
                super.onNext(event);
                thrown.countDown();
                throw new IllegalStateException("cannot take it");
            }
        };
        finished().publisher().subscribe(listener);
        listener.subscription.get().request(Long.MAX_VALUE);
        thrown.await();
        Listener second = new Listener();
        finished().publisher().subscribe(second);
        second.subscription.get().request(9);
        second.over.await();
        assertEquals(1, listener.told.size());
        assertFalse(listener.over.await(0, java.util.concurrent.TimeUnit.SECONDS));
    }

    @Test
    void aSubscriberThatThrowsFromOnSubscribeOrAtTheEndIsToldNothingMore() throws Exception {
        CountDownLatch subscribed = new CountDownLatch(1);
        Listener first = new Listener() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                given.request(Long.MAX_VALUE);
                super.onSubscribe(given);
                subscribed.countDown();
                throw new IllegalStateException("cannot be subscribed");
            }
        };
        finished().publisher().subscribe(first);
        subscribed.await();
        Listener last = new Listener() {
            @Override
            public void onComplete() {
                super.onComplete();
                throw new IllegalStateException("cannot take the end");
            }
        };
        LiveGeneration log = finished();
        log.publisher().subscribe(last);
        last.subscription.get().request(Long.MAX_VALUE);
        last.over.await();
        last.subscription.get().request(1);
        last.subscription.get().cancel();
        // whoever comes later is told everything
        Listener later = new Listener();
        log.publisher().subscribe(later);
        later.subscription.get().request(9);
        later.over.await();
        assertEquals(4, later.told.size());
        assertEquals(4, last.told.size());
        assertEquals(List.of(), first.told);
    }

    @Test
    void aSubscriberThatNeverAsksKeepsNothing() throws Exception {
        CountDownLatch subscribed = new CountDownLatch(1);
        Listener silent = new Listener() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                // it keeps no subscription, and asks for nothing
                subscribed.countDown();
            }
        };
        WeakReference<LiveGeneration> log = subscribed(silent);
        subscribed.await();
        // neither a thread that waits nor the publisher holds what was streamed
        while (log.get() != null) {
            System.gc();
            Thread.onSpinWait();
        }
        assertTrue(silent.told.isEmpty());
    }

    private static WeakReference<LiveGeneration> subscribed(Listener listener) {
        LiveGeneration log = new LiveGeneration("test", own -> {
        });
        log.add(new Event.Text("a"));
        log.publisher().subscribe(listener);
        return new WeakReference<>(log);
    }
}
