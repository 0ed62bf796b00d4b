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

/** For the flight recorder: a tool was called. */
@Name("dev.millrace.ToolCall")
@Label("Tool Call")
@Category("Millrace")
@Description("A model called a tool")
@StackTrace(false)
public final class ToolCallEvent extends Event {

    @Label("Tool")
    @Nullable
    String tool;

    @Label("Failed")
    boolean failed;

    /** Ends it and keeps it, if anybody records. */
    public void done(String name, boolean wrong) {
        end();
        if (shouldCommit()) {
            tool = name;
            failed = wrong;
            commit();
        }
    }
}
