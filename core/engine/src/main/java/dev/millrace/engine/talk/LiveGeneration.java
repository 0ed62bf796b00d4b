/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Answer;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.PromptProgress;
import dev.millrace.api.ToolCall;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The log of an answer's events: one thread writes it, any number of views read it. */
final class LiveGeneration implements Generation {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Event> events = new ArrayList<>();
    /** To be told of the end, also if they ask for nothing. */
    private final List<EventSubscription> subscriptions = new ArrayList<>();
    private @Nullable RuntimeException failure;
    private boolean done;
    private volatile boolean cancelled;
    private volatile boolean answerWanted;
    private volatile Supplier<String> waiting = () -> "";
    private volatile Supplier<Optional<PromptProgress>> reading = Optional::empty;
    private final Thread thread;
    private final Set<Thread> workers = ConcurrentHashMap.newKeySet();

    /**
     * Starts generating.
     *
     * @param name of the thread
     * @param work generates, and ends with {@link #finish} or {@link #fail}
     */
    LiveGeneration(String name, Consumer<LiveGeneration> work) {
        thread = Thread.ofVirtual().name(name).unstarted(() -> work.accept(this));
    }

    void start() {
        thread.start();
    }

    /**
     * A thread that works for this answer: whoever closes the answer on it does not wait for itself.
     *
     * @return not started
     */
    Thread worker(Runnable work) {
        return Thread.ofVirtual().name(thread.getName() + "-tool").unstarted(() -> {
            workers.add(Thread.currentThread());
            try {
                work.run();
            } finally {
                workers.remove(Thread.currentThread());
            }
        });
    }

    // ---- the writing side

    void add(Event event) {
        lock.lock();
        try {
            events.add(event);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the log: after this nothing more comes. */
    void finish(Event.Finished event) {
        end(event, null);
    }

    void fail(RuntimeException problem) {
        end(null, problem);
    }

    private void end(Event.@Nullable Finished event, @Nullable RuntimeException problem) {
        List<EventSubscription> toLook;
        lock.lock();
        try {
            if (event != null) {
                events.add(event);
            }
            failure = problem;
            done = true;
            toLook = List.copyOf(subscriptions);
            subscriptions.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        toLook.forEach(EventSubscription::look);
    }

    /** Who can say what it waits for. */
    void waiting(Supplier<String> why) {
        waiting = why;
    }

    /** Who can say how far the prompt is read. */
    void reading(Supplier<Optional<PromptProgress>> progress) {
        reading = progress;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** Whether the thinking is to end. */
    boolean isAnswerWanted() {
        return answerWanted;
    }

    // ---- the reading side

    @Override
    public Iterator<Event> iterator() {
        return new Iterator<>() {

            private int next;

            @Override
            public boolean hasNext() {
                return await(next, true) != null;
            }

            @Override
            public Event next() {
                Event event = await(next, true);
                if (event == null) {
                    throw new NoSuchElementException("The answer has ended.");
                }
                next++;
                return event;
            }
        };
    }

    /**
     * Waits for an event.
     *
     * @return null after the last
     */
    private @Nullable Event await(int index, boolean cancelIfInterrupted) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (index >= events.size() && !done) {
                if (interrupted || !cancelIfInterrupted) {
                    changed.awaitUninterruptibly();
                    continue;
                }
                try {
                    changed.await();
                } catch (InterruptedException e) {
                    // the end may have come meanwhile: it is asked again before anything is waited for
                    interrupted = true;
                    cancel();
                }
            }
            if (index < events.size()) {
                return events.get(index);
            }
            if (failure != null) {
                throw failure;
            }
            return null;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public Answer answer() {
        StringBuilder text = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        for (Event event : this) {
            switch (event) {
                case Event.Text piece -> text.append(piece.text());
                case Event.Thinking piece -> thinking.append(piece.text());
                case Event.ToolCalled called -> calls.add(called.call());
                case Event.ToolProgressed progressed -> {
                    // nothing to keep
                }
                case Event.ToolAnswered answered -> {
                    // the model has it; the answer holds what the model said
                }
                case Event.AnsweredBy other -> {
                    // whoever says it
                }
                case Event.Finished end -> {
                    return new Answer(text.toString(), thinking.toString(), calls, end.reason(), end.usage(),
                            end.timings());
                }
            }
        }
        throw new MillraceException("The answer ended without saying why.");
    }

    @Override
    public Flow.Publisher<Event> publisher() {
        return subscriber -> {
            EventSubscription subscription = new EventSubscription(subscriber, index -> await(index, false),
                    this::isOver, Thread.ofVirtual().name("millrace-events").factory());
            lock.lock();
            try {
                if (!done) {
                    subscriptions.add(subscription);
                }
            } finally {
                lock.unlock();
            }
            subscription.start();
        };
    }

    private boolean isOver(int index) {
        lock.lock();
        try {
            return done && index >= events.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<String> waitsFor() {
        return Optional.of(waiting.get()).filter(why -> !why.isEmpty());
    }

    @Override
    public Optional<PromptProgress> promptProgress() {
        return reading.get();
    }

    @Override
    public void answerNow() {
        answerWanted = true;
    }

    @Override
    public void cancel() {
        cancelled = true;
        thread.interrupt();
    }

    @Override
    public boolean isDone() {
        lock.lock();
        try {
            return done;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        if (!isDone()) {
            cancel();
        }
        awaitEnd();
    }

    /** Whether this thread generates it, or runs a tool for it. */
    boolean isOwnThread() {
        return Thread.currentThread() == thread || workers.contains(Thread.currentThread());
    }

    /** Waits until the thread that generates has ended, also if it has not started yet; that thread itself does not wait. */
    void awaitEnd() {
        if (isOwnThread()) {
            return;
        }
        lock.lock();
        try {
            while (!done) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
