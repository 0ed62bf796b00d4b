/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The one thread that touches a model's executor. Reads the waiting slots together, so that conversations share each pass over
 * the weights, and does everything else (forks, exports, moves) between two passes.
 *
 * <p>
 * Long prompts are cut into chunks, so that other conversations go on meanwhile and a cancelled one stops soon.
 */
public final class Scheduler implements AutoCloseable {

    /** Tokens in one pass over all slots. Enough to make prefill efficient, few enough to keep decoding neighbours alive. */
    private static final int TOKENS_PER_PASS = 512;

    private final int vocabularySize;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Slot> waiting = new ArrayList<>();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean stopping;

    // touched by the thread alone
    private Executor executor;
    private final Set<Slot> slots = new LinkedHashSet<>();
    private final List<Slot> batch = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    public Scheduler(String name, Executor executor, int vocabularySize) {
        this.executor = executor;
        this.vocabularySize = vocabularySize;
        this.thread = Thread.ofPlatform().name("millrace-model-" + name).daemon().unstarted(this::run);
        thread.start();
    }

    /** A slot that has read nothing. */
    public Slot open() {
        return call(() -> register(new Slot(executor.newSequence(), vocabularySize)));
    }

    /** A slot that continues from a state. */
    public Slot open(SequenceState state) {
        return call(() -> register(new Slot(adopt(executor, state), vocabularySize, state.tokens())));
    }

    /** A second slot that has read the same. */
    public Slot fork(Slot slot) {
        int[] tokens = slot.readTokens();
        return call(() -> register(new Slot(slot.sequence().fork(), vocabularySize, tokens)));
    }

    /** What a slot has read, closed by the caller. */
    public SequenceState export(Slot slot) {
        return call(() -> slot.sequence().export());
    }

    public void close(Slot slot) {
        call(() -> {
            if (slots.remove(slot)) {
                slot.sequence().close();
            }
            return slot;
        });
    }

    /**
     * Reads all tokens of a slot that have not been read, and waits.
     *
     * @return the logits after the last token, valid until the next call; meaningless if withdrawn
     * @throws dev.millrace.api.MillraceException if the backend failed; the slot is of no use any more
     */
    public float[] read(Slot slot, BooleanSupplier cancelled) {
        slot.request(Thread.currentThread());
        lock.lock();
        try {
            if (stopping) {
                throw closed();
            }
            waiting.add(slot);
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (slot.isPending()) {
            if (cancelled.getAsBoolean()) {
                slot.withdraw();
            }
            LockSupport.park(this);
            // an interrupt would keep park from waiting: it means cancelled, and is restored for tools that run later
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return slot.result();
    }

    /**
     * Moves all slots to another executor and closes the old one. If anything fails, all stays on the old one and the new one is
     * closed.
     */
    public void move(Executor next, Runnable onMoved) {
        call(() -> {
            Map<Slot, Sequence> moved = new LinkedHashMap<>();
            try {
                for (Slot slot : slots) {
                    moved.put(slot, carry(slot, next));
                }
            } catch (RuntimeException | Error e) {
                next.close();
                throw e;
            }
            moved.forEach((slot, sequence) -> slot.rebase(sequence, vocabularySize));
            Executor old = executor;
            executor = next;
            onMoved.run();
            old.close();
            return next;
        });
    }

    private Sequence carry(Slot slot, Executor next) {
        try (SequenceState state = slot.sequence().export()) {
            return next.newSequence(state);
        } catch (UnsupportedOperationException e) {
            return replay(slot.readTokens(), next);
        }
    }

    private Sequence adopt(Executor target, SequenceState state) {
        try {
            return target.newSequence(state);
        } catch (UnsupportedOperationException e) {
            return replay(state.tokens(), target);
        }
    }

    private Sequence replay(int[] tokens, Executor target) {
        Sequence sequence = target.newSequence();
        Step step = new Step(sequence, vocabularySize);
        for (int at = 0; at < tokens.length; at += TOKENS_PER_PASS) {
            target.forward(List.of(
                    step.feed(tokens, at, Math.min(tokens.length, at + TOKENS_PER_PASS), Step.Logits.NONE)));
        }
        return sequence;
    }

    private Slot register(Slot slot) {
        slots.add(slot);
        return slot;
    }

    /** Runs something on the executor's thread between two passes, and waits. */
    <T> T call(Supplier<T> work) {
        if (Thread.currentThread() == thread) {
            return work.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        lock.lock();
        try {
            if (stopping) {
                throw closed();
            }
            tasks.add(() -> {
                try {
                    result.complete(work.get());
                } catch (RuntimeException | Error e) {
                    result.completeExceptionally(e);
                }
            });
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
        try {
            return result.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }

    private void run() {
        while (true) {
            Runnable task;
            lock.lock();
            try {
                if (stopping && tasks.isEmpty()) {
                    break;
                }
                task = tasks.poll();
                if (task == null) {
                    choose();
                }
            } finally {
                lock.unlock();
            }
            if (task != null) {
                task.run();
            } else if (batch.isEmpty()) {
                LockSupport.park(this);
            } else {
                pass();
            }
        }
        for (Slot slot : waiting) {
            slot.finish(closed());
        }
        executor.close();
    }

    /** Takes the waiting slots into the batch, as many as fit one pass. */
    private void choose() {
        for (Slot slot : waiting) {
            if (batch.size() == TOKENS_PER_PASS) {
                break;
            }
            batch.add(slot);
        }
        waiting.removeAll(batch);
    }

    private void pass() {
        try {
            // decoding slots need one token each; what is left over is shared by those that read prompts
            int share = Math.max(1, TOKENS_PER_PASS / batch.size());
            for (Slot slot : batch) {
                steps.add(slot.next(share));
            }
            executor.forward(steps);
            batch.removeIf(slot -> !slot.advance());
            again();
        } catch (RuntimeException e) {
            fail(e);
        } catch (Error e) {
            fail(new BackendException("The backend failed: " + e, e));
        }
        batch.clear();
        steps.clear();
    }

    /** What is left of the batch has more to read. */
    private void again() {
        lock.lock();
        try {
            waiting.addAll(batch);
        } finally {
            lock.unlock();
        }
    }

    private void fail(RuntimeException problem) {
        for (Slot slot : batch) {
            if (slots.remove(slot)) {
                slot.sequence().close();
            }
            slot.finish(problem);
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("The model is closed.");
    }

    /** Stops the thread and closes the executor with all its sequences. Closing twice does nothing. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
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
