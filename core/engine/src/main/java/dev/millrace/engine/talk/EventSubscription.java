/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Hands one subscriber the events of a log as it asks for them, on a virtual thread of its own. */
final class EventSubscription implements Flow.Subscription {

    private final Flow.Subscriber<? super Event> subscriber;
    private final IntFunction<@Nullable Event> log;
    private final Semaphore demand = new Semaphore(0);
    private volatile boolean cancelled;
    private volatile @Nullable RuntimeException misuse;

    EventSubscription(Flow.Subscriber<? super Event> subscriber, IntFunction<@Nullable Event> log) {
        this.subscriber = subscriber;
        this.log = log;
    }

    void start() {
        Thread.ofVirtual().name("millrace-events").start(this::deliver);
    }

    private void deliver() {
        subscriber.onSubscribe(this);
        int next = 0;
        try {
            while (true) {
                demand.acquireUninterruptibly();
                if (misuse != null) {
                    throw misuse;
                }
                Event event = cancelled ? null : log.apply(next);
                if (cancelled) {
                    return;
                }
                if (event == null) {
                    subscriber.onComplete();
                    return;
                }
                next++;
                subscriber.onNext(event);
                if (event instanceof Event.Finished) {
                    subscriber.onComplete();
                    return;
                }
            }
        } catch (RuntimeException e) {
            if (!cancelled) {
                subscriber.onError(e);
            }
        }
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            misuse = new IllegalArgumentException("A subscriber asks for at least one event, not " + n + ".");
            demand.release();
        } else {
            // more than a log can hold is as good as all
            demand.release((int) Math.min(n, Integer.MAX_VALUE - 1 - demand.availablePermits()));
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        demand.release();
    }
}
