/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import java.lang.foreign.Arena;
import java.util.function.Supplier;

/** Whoever sequences belong to, and who closes those that are left. */
public interface SequenceOwner {

    /** Refuses use after close. */
    void check();

    /** What gives each page its memory, which is closed with the page. */
    Supplier<Arena> pages();

    /** There is one more sequence. */
    void adopt(CpuSequence sequence);

    /** A sequence has been closed. */
    void forget(CpuSequence sequence);
}
