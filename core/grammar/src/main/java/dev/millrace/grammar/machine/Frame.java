/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where texts go on after a rule: for each caller what is left of it, and where that goes on. Made once for each content, so that
 * calls of a rule at one place share it, and the same place reached twice is the same object.
 *
 * @see <a href="https://doi.org/10.1007/978-1-4615-4034-4">Tomita, graph-structured stacks</a>
 */
final class Frame {

    final int id;
    final Expression[] rests;
    final Frame[] callers;
    private final int hash;

    Frame(int id, Expression[] rests, Frame[] callers) {
        this.id = id;
        this.rests = rests;
        this.callers = callers;
        int code = 1;
        for (int i = 0; i < rests.length; i++) {
            code = 31 * (31 * code + rests[i].id) + callers[i].id;
        }
        hash = code * 0x9E3779B9;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (this == other) {
            return true;
        }
        return other instanceof Frame that && rests.length > 0 && Arrays.equals(rests, that.rests)
                && Arrays.equals(callers, that.callers);
    }
}
