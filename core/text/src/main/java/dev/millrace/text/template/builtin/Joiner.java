/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Interpreter;

/** What {@code joiner} gives: nothing at the first call, then the separator. */
final class Joiner implements Callable {

    private final MarkedText separator;
    private boolean used;

    Joiner(MarkedText separator) {
        this.separator = separator;
    }

    @Override
    public String type() {
        return "Joiner";
    }

    @Override
    public Object call(Interpreter run, Arguments arguments) {
        if (used) {
            return separator;
        }
        used = true;
        return MarkedText.EMPTY;
    }
}
