/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.observe.FlightEvent;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.WithdrawnException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slots that are read together in a pass over the weights. Long prompts are cut into micro-batches, so that other
 * conversations go on meanwhile and a cancelled one stops soon. For the scheduler's thread alone.
 */
final class Batch {

    /** An answer that asks for nothing in so many passes is held up by something else than this thread. */
    private static final int AWAY = 4;
    /** Of a pass, that answers have to come back before the next begins without them. */
    private static final int PART = 10;
    private static final long LONGEST_WAIT = 10_000_000;

    private final String name;
    private final int vocabularySize;
    private final Inbox inbox;
    private final OpenSlots open;
    private final Rescue rescue;
    private final Watchdog watchdog;
    private final Pace pace;
    private final GuessCosts costs;
    private final ModelMeters meters;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Slot> later = new ArrayList<>();
    private final BitSet atPrompt = new BitSet();
    private long passes;
    /** When the last pass ended, by System.nanoTime, and how many nanoseconds it took. */
    private long ended;
    private long took;
    /** What a slot was told that asked for a sequence: there is no executor for the others either. */
    private @Nullable ExecutorLostException lost;

    /**
     * An empty batch.
     *
     * @param name of the model
     * @param vocabularySize logits in a row
     * @param inbox where slots wait for the next pass
     * @param open all slots
     * @param rescue takes the slots of a pass that failed
     * @param watchdog told of each pass
     * @param pace says how many tokens of prompts a pass takes beside answers
     * @param costs told what passes with guesses take
     * @param meters told of each pass, too
     */
    Batch(String name, int vocabularySize, Inbox inbox, OpenSlots open, Rescue rescue, Watchdog watchdog,
            Pace pace, GuessCosts costs, ModelMeters meters) {
        this.pace = pace;
        this.costs = costs;
        this.name = name;
        this.meters = meters;
        this.vocabularySize = vocabularySize;
        this.inbox = inbox;
        this.open = open;
        this.rescue = rescue;
        this.watchdog = watchdog;
    }

    /**
     * How long the next pass should wait for the answers of the last one: their threads choose a token first, and what waits already would
     * be read without them. Then they would wait for a whole pass.
     *
     * @param now System.nanoTime
     * @return nanoseconds; 0 if none is away, or they had their time
     */
    long patience(long now) {
        long left = Math.min(took / PART, LONGEST_WAIT) - (now - ended);
        return left > 0 && inbox.size() > 0 && open.away(passes) > 0 ? left : 0;
    }

    /**
     * Takes the waiting slots, as many as fit one pass.
     *
     * @return whether there are any
     */
    boolean fill(Executor executor) {
        dropWithdrawn();
        inbox.fill(slots, Math.min(executor.limits().batchTokens(), executor.limits().sequences()));
        slots.removeIf(Slot::endIfRead);
        return !slots.isEmpty();
    }

    /** Requests that nobody wants any more end, wherever they wait. */
    void dropWithdrawn() {
        open.dropWithdrawn();
        rescue.dropWithdrawn();
        inbox.fill(slots, 0);
    }

    /** Reads the next tokens of all its slots. Afterwards the batch is empty. */
    void read(Executor executor) {
        passes++;
        try {
            slots.removeIf(slot -> !isReady(slot, executor));
            if (lost != null) {
                throw lost;
            }
            share(executor.limits().batchTokens());
            measured(executor);
            inbox.again(slots);
        } catch (Watchdog.Abandoned | ExecutorLostException e) {
            // its slots go on elsewhere
            steps.clear();
            throw e;
        } catch (Throwable e) {
            meters.stepFailed();
            rescue.failed(slots,
                    e instanceof BackendException known ? known : new BackendException("The backend failed: " + e, e));
        }
        slots.clear();
        steps.clear();
        open.count();
    }

    /**
     * Answers need one token each, or a few that their form left no choice about, or guesses with it: a fair share at most. What is left over is shared by
     * prompts: those of the highest priority among themselves; the others wait for the next pass. Answers that are about to ask for their
     * next token count, since they will wait for this pass.
     */
    private void share(int batchTokens) {
        int fair = Math.max(1, batchTokens / Math.max(1, slots.size()));
        int answers = 0;
        int ofAnswers = 0;
        int highest = Integer.MIN_VALUE;
        for (Slot slot : slots) {
            if (slot.isAtPrompt()) {
                highest = Math.max(highest, slot.priority());
            } else {
                answers++;
                ofAnswers += Math.min(slot.wanted(), fair);
            }
        }
        int first = highest;
        later.clear();
        slots.removeIf(slot -> slot.isAtPrompt() && slot.priority() < first && later.add(slot));
        inbox.again(later);
        int prompts = slots.size() - answers;
        int left = prompts == 0
                ? 0
                : Math.max(prompts, Math.min(batchTokens - ofAnswers,
                        pace.tokens(batchTokens, answers + open.away(passes - AWAY))));
        for (Slot slot : slots) {
            int share = Math.min(slot.wanted(), fair);
            if (slot.isAtPrompt()) {
                share = Math.min(slot.unread(), Math.max(1, left / prompts));
                left -= share;
                prompts--;
            }
            steps.add(slot.next(share, passes));
        }
    }

    /** Sees to it that a slot has a sequence; if not, it waits or has failed. */
    private boolean isReady(Slot slot, Executor executor) {
        if (slot.sequence() != null) {
            slot.settle();
            if (slot.wanted() - slot.unread() > executor.limits().rollback()) {
                slot.dropGuess();
            }
            return true;
        }
        slot.dropGuess();
        try {
            slot.attach(executor.newSequence(), vocabularySize);
            return true;
        } catch (OutOfRoomException e) {
            open.awaitRoom(slot, e);
        } catch (ExecutorLostException e) {
            lost = e;
            return true;
        } catch (Throwable e) {
            open.fail(slot, e instanceof RuntimeException known
                    ? known
                    : new BackendException("The backend failed: " + e, e));
        }
        return false;
    }

    private void measured(Executor executor) {
        if (steps.isEmpty()) {
            return;
        }
        atPrompt.clear();
        int guessed = 0;
        for (int i = 0; i < slots.size(); i++) {
            atPrompt.set(i, slots.get(i).isAtPrompt());
            guessed += slots.get(i).guessed();
        }
        FlightEvent event = FlightEvent.begin(FlightEvent.Kind.STEP);
        long start = System.nanoTime();
        forward(executor);
        ended = System.nanoTime();
        took = ended - start;
        long nanos = took;
        int tokens = 0;
        int ofPrompts = 0;
        for (int i = 0; i < steps.size(); i++) {
            int read = steps.get(i).failed() ? 0 : steps.get(i).length();
            tokens += read;
            ofPrompts += atPrompt.get(i) ? read : 0;
        }
        meters.step(steps.size(), tokens, ofPrompts, nanos);
        pace.done(tokens - ofPrompts, ofPrompts, nanos);
        if (ofPrompts == 0 && tokens == steps.size() + guessed) {
            costs.done(steps.size(), guessed, nanos);
        }
        event.done(name, steps.size(), ofPrompts, tokens - ofPrompts);
    }

    private void forward(Executor executor) {
        try {
            watchdog.forward(executor, steps);
        } catch (IllegalArgumentException e) {
            // nothing was changed, and not all steps are to blame
            for (int i = steps.size() - 1; i >= 0; i--) {
                forward(executor, i);
            }
            return;
        }
        for (int i = steps.size() - 1; i >= 0; i--) {
            taken(i);
        }
    }

    private void forward(Executor executor, int index) {
        try {
            watchdog.forward(executor, List.of(steps.get(index)));
        } catch (IllegalArgumentException e) {
            open.fail(slots.remove(index), e);
            return;
        }
        taken(index);
    }

    /** The slots of a pass that was left alone, or whose executor is gone. */
    List<Slot> abandoned() {
        return List.copyOf(slots);
    }

    /** A step was fed: its slot stays in the batch if it has more to read. */
    private void taken(int index) {
        Slot slot = slots.get(index);
        Step step = steps.get(index);
        if (!step.failed()) {
            if (!slot.advance()) {
                slots.remove(index);
            }
            return;
        }
        slots.remove(index);
        slot.dropGuess();
        BackendException problem = step.failure().orElseThrow();
        if (problem instanceof WithdrawnException && slot.endIfWithdrawn()) {
            return;
        }
        if (problem instanceof OutOfRoomException) {
            open.awaitRoom(slot, problem);
        } else {
            open.fail(slot, problem);
        }
    }

    /** The thread ends: what is in the batch fails. */
    void end(RuntimeException problem) {
        slots.forEach(slot -> slot.endIfPending(problem));
    }
}
