/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** For the flight recorder: one forward. */
@Name("dev.millrace.Step")
@Label("Step")
@Category("Millrace")
@Description("One forward: the next tokens of all sequences that are read together")
@StackTrace(false)
public final class StepEvent extends Event {

    @Label("Model")
    @Nullable
    String model;

    @Label("Sequences")
    int sequences;

    @Label("Prefill Tokens")
    int prefillTokens;

    @Label("Decode Tokens")
    int decodeTokens;

    /** Ends it and keeps it, if anybody records. */
    public void done(String name, int together, int tokens, int ofPrompts) {
        end();
        if (shouldCommit()) {
            model = name;
            sequences = together;
            prefillTokens = ofPrompts;
            decodeTokens = tokens - ofPrompts;
            commit();
        }
    }
}
