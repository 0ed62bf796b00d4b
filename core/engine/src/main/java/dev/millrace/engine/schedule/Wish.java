/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Step;

/** What the reader of tokens wants to know after the last of them. */
public interface Wish {

    /** Nothing: the tokens only have to be read. */
    Wish NOTHING = () -> Step.Logits.NONE;

    /**
     * Which logits.
     *
     * @return {@code NONE}, {@code LAST} or {@code BEST}
     */
    Step.Logits wanted();

    /**
     * Says which of the largest logits are wanted. Called on the scheduler's thread before the last token is read, while the
     * thread that asked waits.
     *
     * @param best to be asked
     */
    default void ask(Best best) {
        // the largest alone
    }
}
