/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.api.BackendHangsException;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that touches a model's executor, as other threads see it. It reads the waiting slots together, so that
 * conversations share each pass over the weights, and does everything else (forks, exports, moves) between two passes.
 *
 * <p>
 * {@link Inbox} is what other threads hand in, {@link Batch} a pass, {@link OpenSlots} the room that slots take, {@link Rescue}
 * what happens when a pass fails. Whatever the executor throws, each waiting thread gets an answer.
 */
public final class Scheduler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

    private static final Duration PATIENT_LOOK = Duration.ofMillis(100);

    private final int vocabularySize;
    private final String name;
    private final Inbox inbox;
    private final Watchdog watchdog;
    private final ModelMeters meters;
    private final Pace pace;
    private final GuessCosts guessCosts = new GuessCosts();
    private final Thread watcher;
    private final Set<Thread> abandoned = ConcurrentHashMap.newKeySet();
    private final ReentrantLock takingOver = new ReentrantLock();
    private volatile Thread thread;
    private volatile boolean closing;

    // touched by the thread alone, or by whoever takes its place
    private Executor executor;
    /** Of the executor, for other threads. */
    private volatile Limits limits;
    private volatile boolean hasExecutor = true;
    private final OpenSlots slots;
    private final Rescue rescue;
    /** What waits for another executor while there is none. */
    private @Nullable Transfer parked;
    private Batch batch;
    /** Why requests fail while there is no executor, once no other was found. */
    private volatile @Nullable BackendException lost;

    /**
     * Starts the thread.
     *
     * @param name of the model
     * @param executor owned from now on
     * @param vocabularySize logits in a row
     * @param rescue told when the executor has failed twice for the same tokens, or hangs; they wait until {@link #move} or
     *            {@link #giveUp} is called, from another thread
     * @param patience how long a pass may take
     * @param betweenTokens nanoseconds that prompts may take between two tokens of an answer, or 0 for twice the usual time
     * @param meters told of each pass
     */
    public Scheduler(String name, Executor executor, int vocabularySize, Consumer<BackendException> rescue,
            Patience patience, long betweenTokens, ModelMeters meters) {
        this.pace = new Pace(betweenTokens);
        this.name = name;
        this.executor = executor;
        this.limits = executor.limits();
        this.vocabularySize = vocabularySize;
        this.watchdog = new Watchdog(patience);
        this.thread = newThread();
        this.inbox = new Inbox(thread);
        this.meters = meters;
        this.slots = new OpenSlots(inbox, meters);
        this.rescue = new Rescue(inbox, slots, rescue);
        this.batch = newBatch();
        this.watcher = Thread.ofVirtual().name("millrace-watch-" + name).unstarted(this::watch);
        thread.start();
        watcher.start();
    }

    private void use(Executor next) {
        executor = next;
        limits = next.limits();
        hasExecutor = !(next instanceof NoExecutor);
    }

    private Batch newBatch() {
        return new Batch(name, vocabularySize, inbox, slots, rescue, watchdog, pace, guessCosts, meters);
    }

    private Thread newThread() {
        return Thread.ofPlatform().name("millrace-model-" + name).daemon().unstarted(this::run);
    }

    // ---- how it is, for any thread

    /**
     * Why requests fail for want of an executor.
     *
     * @return empty as long as there is one, or one may be found
     */
    public Optional<BackendException> lost() {
        return Optional.ofNullable(lost);
    }

    /**
     * What the present executor can take and do.
     *
     * @return its limits
     */
    public Limits limits() {
        return limits;
    }

    /**
     * Whether there is an executor; if not, requests wait for one, also those of slots that have nothing to read.
     *
     * @return false while the model is unloaded or its backend is gone
     */
    public boolean hasExecutor() {
        return hasExecutor;
    }

    /**
     * Requests that wait for their turn, or for room.
     *
     * @return 0 or more
     */
    public int waiting() {
        return inbox.size() + slots.waiting();
    }

    /**
     * Sequences that have read something, those of kept prefixes included.
     *
     * @return 0 or more
     */
    public int sequences() {
        return slots.withSequence();
    }

    /**
     * What guesses cost.
     *
     * @return learns as long as the model is open
     */
    public GuessCosts guessCosts() {
        return guessCosts;
    }

    // ---- slots

    /**
     * A slot that has read nothing. Takes no room until it is read.
     *
     * @return closed by the caller
     */
    public Slot open() {
        return inbox.call(() -> slots.add(new Slot()));
    }

    /**
     * A slot that continues from a state.
     *
     * @param state stays the caller's
     * @return closed by the caller; one that has read nothing if the executor does not exchange states or has no room for it
     */
    public Slot open(SequenceState state) {
        return inbox.call(() -> {
            if (!executor.limits().exchangesStates()) {
                return slots.add(new Slot());
            }
            try {
                return slots.add(new Slot(executor.newSequence(state), vocabularySize, state.tokens()));
            } catch (OutOfRoomException | ExecutorLostException | LinkageError e) {
                // the classes of a backend that was updated are gone at once in some frameworks
                return slots.add(new Slot());
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
        return inbox.call(() -> {
            Sequence sequence = slot.sequence();
            if (sequence == null) {
                return slots.add(new Slot());
            }
            try {
                slot.settle();
                return slots.add(new Slot(sequence.fork(), vocabularySize, slot.readTokens()).usedAs(slot));
            } catch (OutOfRoomException | ExecutorLostException | LinkageError e) {
                LOG.log(System.Logger.Level.DEBUG, "A sequence is not forked: {0}", e.getMessage());
                return null;
            }
        });
    }

    /**
     * A second slot that has read the first of the same tokens.
     *
     * @param slot which nobody reads at this moment
     * @param length how many tokens it has read, at most as many as the slot
     * @return closed by the caller; null if there is no room for it, or the executor cannot go back so far
     */
    public @Nullable Slot fork(Slot slot, int length) {
        return inbox.call(() -> {
            Sequence sequence = slot.sequence();
            if (sequence == null) {
                return null;
            }
            Sequence copy = null;
            try {
                slot.settle();
                copy = sequence.fork();
                if (copy.truncate(length)) {
                    return slots.add(new Slot(copy, vocabularySize, Arrays.copyOf(slot.readTokens(), length))
                            .usedAs(slot));
                }
            } catch (OutOfRoomException | ExecutorLostException | LinkageError e) {
                LOG.log(System.Logger.Level.DEBUG, "A sequence is not forked: {0}", e.getMessage());
            }
            if (copy != null) {
                Quietly.close(copy, "A sequence");
            }
            return null;
        });
    }

    /**
     * What a slot has read.
     *
     * @param slot which nobody reads at this moment
     * @return closed by the caller; null if it has read nothing, or the executor does not exchange states or is gone
     */
    public @Nullable SequenceState export(Slot slot) {
        return inbox.call(() -> {
            Sequence sequence = slot.sequence();
            try {
                slot.settle();
                return sequence == null || !executor.limits().exchangesStates() ? null : sequence.export();
            } catch (ExecutorLostException | LinkageError e) {
                LOG.log(System.Logger.Level.DEBUG, "A state is lost: {0}", e.getMessage());
                return null;
            }
        });
    }

    /**
     * Frees what a slot has read. Does nothing for one that is closed, or whose model is.
     *
     * @param slot which nobody reads at this moment
     */
    public void close(Slot slot) {
        settle(() -> slots.close(slot));
    }

    /**
     * Runs something on the model's thread between two passes, and waits.
     *
     * @param work may call the methods for slots
     * @return what it gives
     * @throws IllegalStateException if the model is closed
     */
    public <T extends @Nullable Object> T call(Supplier<T> work) {
        return inbox.call(work);
    }

    /**
     * Runs something on the model's thread between two passes, and waits, also for a pass that hangs. Does nothing if the model is
     * closed.
     *
     * @param work may call the methods for slots
     */
    public void settle(Runnable work) {
        Task<Scheduler> task = new Task<>(() -> {
            work.run();
            return this;
        });
        if (Thread.currentThread() == thread) {
            task.run();
        } else if (inbox.offer(task)) {
            awaitPatiently(task);
        }
    }

    /**
     * Reads all tokens of a slot that have not been read, and waits.
     *
     * @param slot which nobody else reads
     * @param wish what to know after the last token
     * @param cancelled looked at whenever the waiting thread wakes up
     * @param deadline when it is to be looked at at the latest, as {@link System#nanoTime} tells time
     * @return the step that read the last token, valid until the next call; of no use if withdrawn
     * @throws dev.millrace.api.MillraceException if the backend failed
     * @throws IllegalStateException if the model is closed
     */
    public @Nullable Step read(Slot slot, Wish wish, BooleanSupplier cancelled, long deadline) {
        slot.request(Thread.currentThread(), wish);
        inbox.submit(slot);
        boolean interrupted = false;
        while (slot.isPending()) {
            if (cancelled.getAsBoolean() && !slot.isWithdrawn()) {
                slot.withdraw();
                inbox.wake();
            }
            if (slot.isWithdrawn()) {
                LockSupport.parkNanos(this, PATIENT_LOOK.toNanos());
                leaveIfHung(true);
            } else {
                LockSupport.parkNanos(this, Math.max(1, deadline - System.nanoTime()));
            }
            // an interrupt would keep park from waiting: it means cancelled, and is restored for tools that run later
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return slot.result();
    }

    /**
     * A slot on which guesses were read has no more of them: those that were right are its tokens, the others are forgotten.
     *
     * @param slot which nobody reads at this moment
     */
    public void endGuesses(Slot slot) {
        settle(slot::rest);
    }

    /**
     * Nobody generates on a slot for now: if there is no room for others, what it has read may be forgotten.
     *
     * @param slot claimed again by {@link Slot#claim}
     */
    public void release(Slot slot) {
        slot.unclaim();
        inbox.wake();
    }

    /**
     * Lets go of all that belonged to the answer for which a slot was read. Called on the scheduler's own thread.
     *
     * @param slot nobody generates on it any more
     */
    public void rest(Slot slot) {
        slot.rest();
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
            callPatiently(() -> {
                if (parked == null) {
                    try (Transfer transfer = Transfer.between(slots.all(), executor, next, vocabularySize)) {
                        transfer.apply(vocabularySize);
                    }
                } else {
                    unpark(parked, next);
                }
                Executor old = executor;
                use(next);
                lost = null;
                moved.set(true);
                onMoved.run();
                Quietly.close(old, "The executor that was left");
                tryAgain();
                return next;
            });
        } finally {
            if (!moved.get()) {
                Quietly.close(next, "The executor that was not moved to");
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
        callPatiently(() -> {
            if (parked != null) {
                Executor next = load.get();
                unpark(parked, next);
                use(next);
                lost = null;
                onMoved.run();
                tryAgain();
                return next;
            }
            try (Transfer transfer = Transfer.out(slots.all(), executor, room)) {
                Quietly.close(executor, "The executor that was left");
                RuntimeException problem = null;
                try {
                    try {
                        use(load.get());
                        onMoved.run();
                    } catch (Throwable e) {
                        problem = e instanceof RuntimeException known
                                ? known
                                : new BackendException("The model could not be loaded: " + e, e);
                        use(undo.get());
                    }
                    transfer.into(executor, slots.all());
                } finally {
                    transfer.apply(vocabularySize);
                }
                tryAgain();
                if (problem != null) {
                    throw problem;
                }
                return executor;
            }
        });
    }

    /**
     * Takes the states of all slots and closes the executor. Requests wait until {@link #move} brings another one.
     *
     * @param why there is none
     * @param room how many bytes states may take; what has no room is read again
     */
    public void park(BackendException why, long room) {
        callPatiently(() -> {
            if (parked == null) {
                parked = Transfer.out(slots.all(), executor, room);
                parked.apply(vocabularySize);
                Executor old = executor;
                use(new NoExecutor(why));
                Quietly.close(old, "The executor that was left");
            }
            return executor;
        });
    }

    private void unpark(Transfer states, Executor next) {
        Transfer.probe(next, vocabularySize);
        states.into(next, slots.all());
        states.apply(vocabularySize);
        states.close();
        parked = null;
    }

    /**
     * No other executor was found for tokens that the present one cannot read: their slots fail.
     *
     * @param problem why
     */
    public void giveUp(BackendException problem) {
        inbox.call(() -> {
            rescue.giveUp(problem);
            lost = problem;
            return this;
        });
    }

    /** What waited for another executor or for room goes on. */
    private void tryAgain() {
        rescue.tryAgain();
        slots.tryAgain();
    }

    /** Runs a task between two passes, and waits; not for a pass that hangs. */
    private void callPatiently(Supplier<Executor> work) {
        Task<Executor> task = new Task<>(work);
        if (Thread.currentThread() == thread) {
            task.run();
        } else if (!inbox.offer(task)) {
            throw inbox.closed();
        }
        awaitPatiently(task);
    }

    private void awaitPatiently(Task<?> task) {
        while (!task.isDone()) {
            task.await(PATIENT_LOOK);
            if (!task.isStarted()) {
                leaveIfHung(true);
            }
        }
        task.join();
    }

    // ---- a pass that hangs

    private void watch() {
        while (!closing) {
            watchdog.pause();
            leaveIfHung(false);
        }
    }

    /** If the present pass takes too long, another thread takes the place of the one that computes it. */
    private void leaveIfHung(boolean somebodyWaits) {
        takingOver.lock();
        try {
            if (!watchdog.abandon(somebodyWaits)) {
                return;
            }
            BackendException problem = left();
            List<Slot> stranded = batch.abandoned();
            slots.abandon();
            use(new NoExecutor(problem));
            meters.stepFailed();
            batch = newBatch();
            thread = newThread();
            inbox.hand(thread);
            rescue.abandoned(stranded, problem);
            thread.start();
        } finally {
            takingOver.unlock();
        }
    }

    /** The thread was left alone. When it comes back it closes its executor and ends. */
    private BackendException left() {
        abandoned.add(thread);
        BackendException problem = new BackendHangsException(
                "The backend of " + name + " does not come back from computing: it is left alone.");
        LOG.log(System.Logger.Level.ERROR, problem.getMessage());
        return problem;
    }

    // ---- the thread

    private void run() {
        Throwable cause = null;
        try {
            loop();
        } catch (Watchdog.Abandoned e) {
            // another thread does all else now
            Quietly.close(e.executor(), "An executor that was left alone");
            return;
        } catch (Throwable e) {
            // the last resort: nobody waits for a thread that is gone
            LOG.log(System.Logger.Level.ERROR, "The thread of a model ended unexpectedly.", e);
            cause = e;
        }
        RuntimeException problem = inbox.end(cause);
        batch.end(problem);
        slots.end(problem);
        rescue.end(problem);
        if (parked != null) {
            parked.close();
        }
        Quietly.close(executor, "The executor");
    }

    private void loop() {
        while (!inbox.isDone()) {
            Task<?> task = inbox.task();
            long patience = task == null ? batch.patience(System.nanoTime()) : 0;
            if (task != null) {
                task.run();
            } else if (executor instanceof NoExecutor) {
                awaitExecutor();
            } else if (patience > 0) {
                inbox.await(patience);
            } else if (batch.fill(executor)) {
                read();
            } else if (!slots.makeRoom()) {
                inbox.await();
            }
        }
    }

    private void read() {
        try {
            batch.read(executor);
        } catch (ExecutorLostException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} has lost its executor: {1}", name, e.getMessage());
            List<Slot> stranded = batch.abandoned();
            batch = newBatch();
            slots.abandon();
            Quietly.close(executor, "The executor that is gone");
            use(new NoExecutor(e));
            rescue.lost(stranded, e);
        }
    }

    /** Requests wait for another executor, as long as one may be found. */
    private void awaitExecutor() {
        batch.dropWithdrawn();
        BackendException problem = lost;
        if (problem != null) {
            inbox.fail(slots, problem);
        } else if (executor instanceof NoExecutor none) {
            inbox.tell(String.valueOf(none.problem().getMessage()));
        }
        inbox.await();
    }

    /**
     * Stops the thread and closes the executor with all its sequences. Does not wait for a pass that hangs: then all that waits
     * fails, and the executor is closed when it comes back. Closing twice does nothing.
     */
    @Override
    public void close() {
        closing = true;
        inbox.stop();
        LockSupport.unpark(watcher);
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join(PATIENT_LOOK);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            endIfHung();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void endIfHung() {
        takingOver.lock();
        try {
            if (thread.isAlive() && watchdog.abandon(true)) {
                RuntimeException problem = inbox.end(left());
                batch.end(problem);
                slots.end(problem);
                rescue.end(problem);
                use(new NoExecutor(new BackendException("The model is closed.")));
                thread = Thread.ofPlatform().unstarted(() -> {
                });
            }
        } finally {
            takingOver.unlock();
        }
    }

    /**
     * Does something once no thread computes any more: at once, unless one was left alone.
     *
     * @param work what needs that nobody reads the model's weights
     */
    public void afterAll(Runnable work) {
        List<Thread> left = abandoned.stream().filter(Thread::isAlive).toList();
        if (left.isEmpty()) {
            work.run();
            return;
        }
        Thread.ofVirtual().name("millrace-end-" + name).start(() -> {
            for (Thread one : left) {
                while (one.isAlive()) {
                    try {
                        one.join();
                    } catch (InterruptedException e) {
                        LOG.log(System.Logger.Level.DEBUG, "An interrupt does not end what hangs.", e);
                    }
                }
            }
            work.run();
        });
    }
}
