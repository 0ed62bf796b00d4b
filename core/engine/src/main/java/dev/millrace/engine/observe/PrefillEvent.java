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

/** For the flight recorder: a prompt was read. */
@Name("dev.millrace.Prefill")
@Label("Prefill")
@Category("Millrace")
@Description("A prompt was read, beside others")
@StackTrace(false)
public final class PrefillEvent extends Event {

    @Label("Model")
    @Nullable
    String model;

    @Label("Tokens Read")
    int tokens;

    @Label("Tokens Known Before")
    int cachedTokens;

    /** Ends it and keeps it, if anybody records. */
    public void done(String name, int read, int cached) {
        end();
        if (shouldCommit()) {
            model = name;
            tokens = read;
            cachedTokens = cached;
            commit();
        }
    }
}
