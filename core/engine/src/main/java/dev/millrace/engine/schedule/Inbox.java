/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.api.BackendHangsException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What other threads hand to the scheduler's thread: slots to read, and tasks to run between two passes. Safe for use from any
 * thread; the methods of the second half are for the scheduler's thread alone.
 */
final class Inbox {

    private volatile Thread thread;
    /**
     * Whether the thread is to look again. That it was unparked does not tell it: where it waits for the lock just then, that waiting
     * takes the permit.
     */
    private final AtomicBoolean news = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Slot> waiting = new ArrayList<>();
    private final Deque<Task<?>> tasks = new ArrayDeque<>();
    private boolean stopping;
    private @Nullable Throwable broken;

    /**
     * An empty inbox.
     *
     * @param thread the scheduler's, woken up whenever something comes in
     */
    Inbox(Thread thread) {
        this.thread = thread;
    }

    /** Another thread takes what is handed in from now on. */
    void hand(Thread next) {
        thread = next;
    }

    /** Runs something on the scheduler's thread between two passes, and waits. */
    <T extends @Nullable Object> T call(Supplier<T> work) {
        Task<T> task = new Task<>(work);
        if (Thread.currentThread() == thread) {
            task.run();
        } else if (!offer(task)) {
            throw closed();
        }
        return task.join();
    }

    /** Queues a task; false if the thread takes none any more. */
    boolean offer(Task<?> task) {
        lock.lock();
        try {
            if (stopping) {
                return false;
            }
            tasks.add(task);
        } finally {
            lock.unlock();
        }
        wake();
        return true;
    }

    /** Queues a slot that has a request; after the end, the request fails. */
    void submit(Slot slot) {
        lock.lock();
        try {
            if (stopping) {
                slot.finish(closed());
            } else {
                waiting.add(slot);
            }
        } finally {
            lock.unlock();
        }
        wake();
    }

    /** The thread looks again at what there is to do. */
    void wake() {
        news.set(true);
        LockSupport.unpark(thread);
    }

    /** Nothing new is taken from now on. Tasks that were taken are still run. */
    void stop() {
        lock.lock();
        try {
            stopping = true;
        } finally {
            lock.unlock();
        }
        wake();
    }

    /** Why nothing is taken any more. */
    RuntimeException closed() {
        lock.lock();
        try {
            if (broken instanceof BackendHangsException known) {
                return known;
            }
            return broken == null
                    ? new IllegalStateException("The model is closed.")
                    : new BackendException("The model cannot go on: its thread ended by " + broken + ".", broken);
        } finally {
            lock.unlock();
        }
    }

    /** How many slots wait for the next pass. */
    int size() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    // ---- called by the scheduler's thread

    /** Waits until there is something to look at, or for less. Returns at once if something came since the last wait. */
    void await() {
        await(Long.MAX_VALUE);
    }

    /** The same, for a time at most. */
    void await(long nanos) {
        if (!news.getAndSet(false)) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** Whether nothing more will come and no task is left. */
    boolean isDone() {
        lock.lock();
        try {
            return stopping && tasks.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** The next task, which is taken out; null if there is none. */
    @Nullable
    Task<?> task() {
        lock.lock();
        try {
            return tasks.poll();
        } finally {
            lock.unlock();
        }
    }

    /** Says to all waiting slots why they wait. */
    void tell(String why) {
        lock.lock();
        try {
            waiting.forEach(slot -> slot.waitsFor(why));
        } finally {
            lock.unlock();
        }
    }

    /** All waiting slots fail. */
    void fail(OpenSlots slots, BackendException problem) {
        List<Slot> all = new ArrayList<>();
        fill(all, Integer.MAX_VALUE);
        all.forEach(slot -> slots.fail(slot, problem));
    }

    /** Moves waiting slots to a batch, those that came first, until it has this many. */
    void fill(List<Slot> batch, int most) {
        lock.lock();
        try {
            waiting.removeIf(Slot::endIfWithdrawn);
            if (waiting.size() > most - batch.size()) {
                // a stable order: who came first goes first among equals
                waiting.sort(Comparator.comparingInt((Slot slot) -> slot.priority()).reversed());
            }
            Iterator<Slot> all = waiting.iterator();
            while (all.hasNext() && batch.size() < most) {
                batch.add(all.next());
                all.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Slots whose requests are not done yet wait for the next pass. */
    void again(Collection<Slot> some) {
        lock.lock();
        try {
            waiting.addAll(some);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The thread ends: what was handed in fails.
     *
     * @param cause why, if that was not wanted
     * @return the failure for requests that the thread had taken out
     */
    RuntimeException end(@Nullable Throwable cause) {
        List<Task<?>> left;
        lock.lock();
        try {
            stopping = true;
            broken = cause;
            left = List.copyOf(tasks);
            tasks.clear();
        } finally {
            lock.unlock();
        }
        RuntimeException problem = closed();
        left.forEach(task -> task.fail(problem));
        waiting.forEach(slot -> slot.endIfPending(problem));
        return problem;
    }
}
