/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that touches a model's executor. Reads the waiting slots together, so that conversations share each pass over
 * the weights, and does everything else (forks, exports, moves) between two passes.
 *
 * <p>
 * Long prompts are cut into pieces, so that other conversations go on meanwhile and a cancelled one stops soon. A slot for
 * which there is no room waits until others end. Whatever the executor throws, each waiting thread gets an answer.
 */
public final class Scheduler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

    private final int vocabularySize;
    private final Consumer<BackendException> rescue;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Slot> waiting = new ArrayList<>();
    private final Deque<Task<?>> tasks = new ArrayDeque<>();
    private boolean stopping;
    private @Nullable Throwable broken;

    // touched by the thread alone
    private Executor executor;
    private final Set<Slot> slots = new LinkedHashSet<>();
    private final List<Slot> batch = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final Map<Slot, BackendException> withoutRoom = new LinkedHashMap<>();
    private final List<Slot> stranded = new ArrayList<>();
    private long passes;

    /**
     * Starts the thread.
     *
     * @param name of the model
     * @param executor owned from now on
     * @param vocabularySize logits in a row
     * @param rescue told, on the scheduler's thread, when the executor has failed twice for the same tokens; they wait until
     *            {@link #move} or {@link #giveUp} is called, from another thread
     */
    public Scheduler(String name, Executor executor, int vocabularySize, Consumer<BackendException> rescue) {
        this.executor = executor;
        this.vocabularySize = vocabularySize;
        this.rescue = rescue;
        this.thread = Thread.ofPlatform().name("millrace-model-" + name).daemon().unstarted(this::run);
        thread.start();
    }

    // ---- slots

    /**
     * A slot that has read nothing. Takes no room until it is read.
     *
     * @return closed by the caller
     */
    public Slot open() {
        return call(() -> register(new Slot()));
    }

    /**
     * A slot that continues from a state.
     *
     * @param state stays the caller's
     * @return closed by the caller; one that has read nothing if the executor does not exchange states or has no room for it
     */
    public Slot open(SequenceState state) {
        return call(() -> {
            if (!executor.limits().exchangesStates()) {
                return register(new Slot());
            }
            try {
                return register(new Slot(executor.newSequence(state), vocabularySize, state.tokens()));
            } catch (OutOfRoomException e) {
                return register(new Slot());
            }
        });
    }

    /**
     * A second slot that has read the same.
     *
     * @param slot which nobody reads at this moment
     * @return closed by the caller; null if there is no room for it
     */
    public @Nullable Slot fork(Slot slot) {
        return call(() -> {
            Sequence sequence = slot.sequence();
            if (sequence == null) {
                return register(new Slot());
            }
            try {
                return register(new Slot(sequence.fork(), vocabularySize, slot.readTokens()));
            } catch (OutOfRoomException e) {
                LOG.log(System.Logger.Level.DEBUG, "A sequence is not forked: {0}", e.getMessage());
                return null;
            }
        });
    }

    /**
     * What a slot has read.
     *
     * @param slot which nobody reads at this moment
     * @return closed by the caller; null if it has read nothing or the executor does not exchange states
     */
    public @Nullable SequenceState export(Slot slot) {
        return call(() -> {
            Sequence sequence = slot.sequence();
            return sequence == null || !executor.limits().exchangesStates() ? null : sequence.export();
        });
    }

    /**
     * Frees what a slot has read. Does nothing for one that is closed, or whose model is.
     *
     * @param slot which nobody reads at this moment
     */
    public void close(Slot slot) {
        Task<Slot> task = new Task<>(() -> {
            slots.remove(slot);
            free(slot);
            return slot;
        });
        if (offer(task)) {
            task.join();
        }
    }

    /**
     * Reads all tokens of a slot that have not been read, and waits.
     *
     * @param slot which nobody else reads
     * @param wish what to know after the last token
     * @param cancelled looked at whenever the waiting thread wakes up
     * @return the step that read the last token, valid until the next call; of no use if withdrawn
     * @throws dev.millrace.api.MillraceException if the backend failed
     * @throws IllegalStateException if the model is closed
     */
    public @Nullable Step read(Slot slot, Wish wish, BooleanSupplier cancelled) {
        slot.request(Thread.currentThread(), wish);
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
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (slot.isPending()) {
            if (cancelled.getAsBoolean() && !slot.isWithdrawn()) {
                slot.withdraw();
                LockSupport.unpark(thread);
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
     * Nobody generates on a slot for now: if there is no room for others, what it has read may be forgotten.
     *
     * @param slot claimed again by {@link Slot#claim}
     */
    public void release(Slot slot) {
        slot.unclaim();
        LockSupport.unpark(thread);
    }

    private Slot register(Slot slot) {
        slots.add(slot);
        return slot;
    }

    // ---- moves

    /**
     * Moves all slots to another executor and closes the old one. What cannot be carried over as state is read again when it is
     * needed. If anything fails, all stays on the old one and the new one is closed.
     *
     * @param next owned from now on
     * @param onMoved called between two passes, once the new one is in use
     */
    public void move(Executor next, Runnable onMoved) {
        AtomicBoolean moved = new AtomicBoolean();
        try {
            call(() -> {
                try (Transfer transfer = Transfer.between(slots, executor, next, vocabularySize)) {
                    transfer.apply(vocabularySize);
                }
                Executor old = executor;
                executor = next;
                moved.set(true);
                onMoved.run();
                closeQuietly(old, "The executor that was left");
                resume();
                return next;
            });
        } finally {
            if (!moved.get()) {
                closeQuietly(next, "The executor that was not moved to");
            }
        }
    }

    /**
     * Moves all slots where memory is too short for two executors: takes their states, closes the executor, makes another, and
     * gives them back their states. Nothing is read meanwhile.
     *
     * @param load makes the other executor
     * @param undo makes the old one again, if the other cannot be made
     * @param onMoved called once the new one is in use, not after an undo
     * @param room how many bytes states may take; what has no room is read again
     * @throws dev.millrace.api.MillraceException if the other cannot be made: all is as before, but slower to go on
     */
    public void exchange(Supplier<Executor> load, Supplier<Executor> undo, Runnable onMoved, long room) {
        call(() -> {
            try (Transfer transfer = Transfer.out(slots, executor, room)) {
                closeQuietly(executor, "The executor that was left");
                RuntimeException problem = null;
                try {
                    try {
                        executor = load.get();
                        onMoved.run();
                    } catch (Throwable e) {
                        problem = e instanceof RuntimeException known
                                ? known
                                : new BackendException("The model could not be loaded: " + e, e);
                        executor = undo.get();
                    }
                    transfer.into(executor);
                } finally {
                    transfer.apply(vocabularySize);
                }
                resume();
                if (problem != null) {
                    throw problem;
                }
                return executor;
            }
        });
    }

    /**
     * No other executor was found for tokens that the present one cannot read: their slots fail.
     *
     * @param problem why
     */
    public void giveUp(BackendException problem) {
        call(() -> {
            stranded.forEach(slot -> fail(slot, problem));
            stranded.clear();
            return this;
        });
    }

    /** What waited for another executor or for room goes on. */
    private void resume() {
        again(stranded);
        stranded.clear();
        roomAgain();
    }

    private void roomAgain() {
        again(withoutRoom.keySet());
        withoutRoom.clear();
    }

    private void again(Collection<Slot> some) {
        lock.lock();
        try {
            waiting.addAll(some);
        } finally {
            lock.unlock();
        }
    }

    // ---- tasks

    /** Runs something on the executor's thread between two passes, and waits. */
    private <T extends @Nullable Object> T call(Supplier<T> work) {
        Task<T> task = new Task<>(work);
        if (Thread.currentThread() == thread) {
            task.run();
        } else if (!offer(task)) {
            throw closed();
        }
        return task.join();
    }

    /** Queues a task; false if the thread takes none any more. */
    private boolean offer(Task<?> task) {
        lock.lock();
        try {
            if (stopping) {
                return false;
            }
            tasks.add(task);
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(thread);
        return true;
    }

    // ---- the thread

    private void run() {
        Throwable end = null;
        try {
            loop();
        } catch (Throwable e) {
            // the last resort: nobody waits for a thread that is gone
            LOG.log(System.Logger.Level.ERROR, "The thread of a model ended unexpectedly.", e);
            end = e;
        }
        List<Task<?>> left;
        lock.lock();
        try {
            stopping = true;
            broken = end;
            left = List.copyOf(tasks);
            tasks.clear();
        } finally {
            lock.unlock();
        }
        RuntimeException problem = closed();
        left.forEach(task -> task.fail(problem));
        for (Collection<Slot> some : List.of(waiting, batch, withoutRoom.keySet(), stranded)) {
            for (Slot slot : some) {
                if (slot.isPending()) {
                    slot.finish(problem);
                }
            }
        }
        closeQuietly(executor, "The executor");
    }

    private void loop() {
        while (true) {
            Task<?> task;
            lock.lock();
            try {
                if (stopping && tasks.isEmpty()) {
                    return;
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
            } else if (!batch.isEmpty()) {
                pass();
            } else if (!makeRoom()) {
                LockSupport.park(this);
            }
        }
    }

    /** Takes the waiting slots into the batch, as many as fit one pass. */
    private void choose() {
        int most = Math.min(executor.limits().batchTokens(), executor.limits().sequences());
        dropWithdrawn(withoutRoom.keySet());
        dropWithdrawn(stranded);
        dropWithdrawn(waiting);
        Iterator<Slot> all = waiting.iterator();
        while (all.hasNext() && batch.size() < most) {
            batch.add(all.next());
            all.remove();
        }
    }

    private static void dropWithdrawn(Collection<Slot> some) {
        some.removeIf(slot -> {
            // asked once: as soon as it is finished its thread may make a new request, which would not be withdrawn
            boolean withdrawn = slot.isWithdrawn();
            if (withdrawn) {
                slot.finish(null);
            }
            return withdrawn;
        });
    }

    private void pass() {
        passes++;
        batch.removeIf(slot -> !isReady(slot));
        try {
            // decoding slots need one token each; what is left over is shared by those that read prompts
            int share = Math.max(1, executor.limits().batchTokens() / Math.max(1, batch.size()));
            for (Slot slot : batch) {
                steps.add(slot.next(share, passes));
            }
            forward();
            again(batch);
        } catch (Throwable e) {
            failed(e instanceof BackendException known ? known : new BackendException("The backend failed: " + e, e));
        }
        batch.clear();
        steps.clear();
    }

    /** Sees to it that a slot has a sequence; if not, it waits or has failed. */
    private boolean isReady(Slot slot) {
        if (slot.sequence() != null) {
            return true;
        }
        try {
            slot.attach(executor.newSequence(), vocabularySize);
            return true;
        } catch (OutOfRoomException e) {
            awaitRoom(slot, e);
        } catch (Throwable e) {
            fail(slot, e instanceof RuntimeException known
                    ? known
                    : new BackendException("The backend failed: " + e, e));
        }
        return false;
    }

    private void forward() {
        if (steps.isEmpty()) {
            return;
        }
        try {
            executor.forward(steps);
        } catch (IllegalArgumentException e) {
            // nothing was changed, and not all steps are to blame
            for (int i = steps.size() - 1; i >= 0; i--) {
                forward(i);
            }
            return;
        }
        for (int i = steps.size() - 1; i >= 0; i--) {
            taken(i);
        }
    }

    private void forward(int index) {
        try {
            executor.forward(List.of(steps.get(index)));
        } catch (IllegalArgumentException e) {
            fail(batch.remove(index), e);
            return;
        }
        taken(index);
    }

    /** A step was fed: its slot stays in the batch if it has more to read. */
    private void taken(int index) {
        Slot slot = batch.get(index);
        Step step = steps.get(index);
        if (!step.failed()) {
            if (!slot.advance()) {
                batch.remove(index);
            }
            return;
        }
        batch.remove(index);
        BackendException problem = step.failure().orElseThrow();
        if (problem instanceof OutOfRoomException) {
            awaitRoom(slot, problem);
        } else {
            fail(slot, problem);
        }
    }

    /** The whole pass failed, and its sequences are lost: their tokens are read once more, then somewhere else. */
    private void failed(BackendException problem) {
        LOG.log(System.Logger.Level.WARNING, "Reading tokens failed.", problem);
        boolean elsewhere = false;
        for (Slot slot : batch) {
            free(slot);
            switch (slot.failedAgain()) {
                case 1 -> again(List.of(slot));
                case 2 -> {
                    stranded.add(slot);
                    elsewhere = true;
                }
                default -> fail(slot, problem);
            }
        }
        if (elsewhere) {
            rescue.accept(problem);
        }
    }

    private void fail(Slot slot, RuntimeException problem) {
        slots.remove(slot);
        free(slot);
        slot.finish(problem);
    }

    private void free(Slot slot) {
        Sequence sequence = slot.detach();
        if (sequence != null) {
            closeQuietly(sequence, "A sequence");
            roomAgain();
        }
    }

    private static void closeQuietly(AutoCloseable some, String what) {
        try {
            some.close();
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.WARNING, what + " could not be closed.", e);
        }
    }

    // ---- room

    private void awaitRoom(Slot slot, BackendException why) {
        LOG.log(System.Logger.Level.INFO, "A conversation waits for room: {0}", why.getMessage());
        withoutRoom.put(slot, why);
        makeRoom();
    }

    /**
     * Does something for the slots that wait for room: forgets what an idle slot has read, the one that was used least recently;
     * or, if nobody is left whose end would make room, ends the one that came last.
     *
     * @return whether some may go on
     */
    private boolean makeRoom() {
        if (withoutRoom.isEmpty()) {
            return false;
        }
        Slot idle = null;
        boolean othersGoOn = false;
        for (Slot slot : slots) {
            if (slot.isBusy()) {
                othersGoOn |= !withoutRoom.containsKey(slot);
            } else if (slot.sequence() != null && (idle == null || slot.lastUsed() < idle.lastUsed())) {
                idle = slot;
            }
        }
        if (idle != null) {
            free(idle);
            return true;
        }
        if (othersGoOn) {
            return false;
        }
        Map.Entry<Slot, BackendException> last = List.copyOf(withoutRoom.entrySet()).getLast();
        withoutRoom.remove(last.getKey());
        fail(last.getKey(), new BackendException("There is no room for the " + last.getKey().length()
                + " tokens of this conversation, and no other one that could make room: close other models, or open this one"
                + " with a smaller context. (" + last.getValue().getMessage() + ")", last.getValue()));
        roomAgain();
        return true;
    }

    private RuntimeException closed() {
        lock.lock();
        try {
            return broken == null
                    ? new IllegalStateException("The model is closed.")
                    : new BackendException("The model cannot go on: its thread ended by " + broken + ".", broken);
        } finally {
            lock.unlock();
        }
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
        while (thread.isAlive() && Thread.currentThread() != thread) {
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
