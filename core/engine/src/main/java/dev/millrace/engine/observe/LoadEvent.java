/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** For the flight recorder: weights were loaded. */
@Name("dev.millrace.Load")
@Label("Model Load")
@Category("Millrace")
@Description("The weights of a model were loaded")
@StackTrace(false)
public final class LoadEvent extends Event {

    @Label("Model")
    @Nullable
    String model;

    @Label("Device")
    @Nullable
    String device;

    @Label("Memory")
    @DataAmount
    long bytes;

    /** Ends it and keeps it, if anybody records. */
    public void done(String name, String where, long memory) {
        end();
        if (shouldCommit()) {
            model = name;
            device = where;
            bytes = memory;
            commit();
        }
    }
}
