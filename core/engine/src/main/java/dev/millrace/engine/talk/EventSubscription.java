/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Hands one subscriber the events of a log as it asks for them, by the rules of {@link Flow}. A thread works while there
 * is demand; a subscriber that asks for nothing costs none. One that throws is as one that has cancelled.
 */
final class EventSubscription implements Flow.Subscription {

    private static final System.Logger LOG = System.getLogger(EventSubscription.class.getName());

    private final IntFunction<@Nullable Event> log;
    private final IntPredicate over;
    private final ThreadFactory threads;
    private final AtomicLong demand = new AtomicLong();
    /** Not zero while a thread delivers, or is about to be started; each call that may change something counts it up. */
    private final AtomicInteger work = new AtomicInteger(1);
    /** Null once nothing more may be told. */
    private volatile Flow.@Nullable Subscriber<? super Event> subscriber;
    private volatile @Nullable IllegalArgumentException misuse;

    // the delivering thread's
    private int next;

    /**
     * A subscription.
     *
     * @param subscriber to be told
     * @param log waits for the event of that number, and gives null after the last
     * @param over whether it is known that there is no event of that number
     * @param threads makes a thread whenever there is something to tell and no other tells it
     */
    EventSubscription(Flow.Subscriber<? super Event> subscriber, IntFunction<@Nullable Event> log, IntPredicate over,
            ThreadFactory threads) {
        this.subscriber = Objects.requireNonNull(subscriber);
        this.log = log;
        this.over = over;
        this.threads = threads;
    }

    void start() {
        threads.newThread(() -> {
            tell(one -> one.onSubscribe(this));
            deliver();
        }).start();
    }

    private void deliver() {
        int seen = work.get();
        do {
            boolean more = true;
            while (more) {
                more = deliverOne();
            }
            seen = work.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Tells the next event, if it is asked for. */
    private boolean deliverOne() {
        if (subscriber == null) {
            return false;
        }
        IllegalArgumentException wrong = misuse;
        if (wrong != null) {
            last(one -> one.onError(wrong));
            return false;
        }
        // the end is told also to those who ask for nothing
        if (demand.get() == 0 && !over.test(next)) {
            return false;
        }
        Event event;
        try {
            event = log.apply(next);
        } catch (RuntimeException e) {
            last(one -> one.onError(e));
            return false;
        }
        if (event == null) {
            last(Flow.Subscriber::onComplete);
            return false;
        }
        next++;
        demand.updateAndGet(left -> left == Long.MAX_VALUE ? left : left - 1);
        tell(one -> one.onNext(event));
        if (event instanceof Event.Finished) {
            last(Flow.Subscriber::onComplete);
        }
        return subscriber != null;
    }

    private interface Signal {
        void give(Flow.Subscriber<? super Event> subscriber);
    }

    private void last(Signal signal) {
        Flow.Subscriber<? super Event> one = subscriber;
        subscriber = null;
        if (one != null) {
            give(one, signal);
        }
    }

    private void tell(Signal signal) {
        Flow.Subscriber<? super Event> one = subscriber;
        if (one != null) {
            give(one, signal);
        }
    }

    private void give(Flow.Subscriber<? super Event> one, Signal signal) {
        try {
            signal.give(one);
        } catch (Throwable e) {
            subscriber = null;
            LOG.log(System.Logger.Level.WARNING, "A subscriber threw, and is told nothing more.", e);
        }
    }

    @Override
    public void request(long n) {
        if (subscriber == null) {
            return;
        }
        if (n <= 0) {
            misuse = new IllegalArgumentException("A subscriber asks for at least one event, not " + n + ".");
        } else {
            demand.updateAndGet(left -> left + n < 0 ? Long.MAX_VALUE : left + n);
        }
        look();
    }

    /** Something may have changed: a thread looks what is to be told. */
    void look() {
        if (work.getAndIncrement() == 0) {
            threads.newThread(this::deliver).start();
        }
    }

    @Override
    public void cancel() {
        subscriber = null;
    }
}
