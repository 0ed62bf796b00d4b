/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.schedule.Slot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Further answers to the prompt of a first one: they start when it has been read, each on a fork of what was read. */
final class OtherAnswers {

    private static final System.Logger LOG = System.getLogger(OtherAnswers.class.getName());

    /**
     * One of them.
     *
     * @param generation not started
     * @param cache of its conversation, empty
     */
    record Waiting(LiveGeneration generation, PromptCache cache) {
    }

    private final List<Waiting> waiting;
    private boolean started;

    OtherAnswers(List<Waiting> waiting) {
        this.waiting = List.copyOf(waiting);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /**
     * Starts them all. Does nothing the second time.
     *
     * @param first what has read the prompt, but for its last token, or null if nothing was read
     */
    void start(@Nullable Slot first, PromptCache cache) {
        if (started) {
            return;
        }
        started = true;
        for (Waiting one : waiting) {
            if (first != null) {
                lend(first, cache, one);
            }
            // without a fork it reads the prompt by itself, or says why it cannot
            one.generation().start();
        }
    }

    private static void lend(Slot first, PromptCache cache, Waiting one) {
        try {
            cache.lend(first, one.cache());
        } catch (RuntimeException | Error e) {
            // the others start all the same: somebody reads them
            LOG.log(System.Logger.Level.DEBUG, "A further answer reads the prompt by itself.", e);
        }
    }
}
