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

/** For the flight recorder: a model moved. */
@Name("dev.millrace.Swap")
@Label("Backend Swap")
@Category("Millrace")
@Description("A model moved to another device with its conversations, or tried to")
@StackTrace(false)
public final class SwapEvent extends Event {

    @Label("Model")
    @Nullable
    String model;

    @Label("From")
    @Nullable
    String from;

    @Label("To")
    @Nullable
    String to;

    @Label("Done")
    boolean done;

    /** Ends it and keeps it, if anybody records. */
    public void done(String name, String left, String reached, boolean moved) {
        end();
        if (shouldCommit()) {
            model = name;
            from = left;
            to = reached;
            done = moved;
            commit();
        }
    }
}
