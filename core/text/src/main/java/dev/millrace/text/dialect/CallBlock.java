/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.DialectEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Understands what stands between the marks of calls, while it streams. What is no call becomes a problem. For one answer. */
interface CallBlock {

    /**
     * Begins a block.
     *
     * @param name the tool that all of it calls, or null if the calls name their tools themselves
     */
    void begin(@Nullable String name);

    /**
     * Takes more of the block.
     *
     * @param text a text
     * @param from first character
     * @param to one past the last character
     * @param out gets events
     */
    void accept(String text, int from, int to, Consumer<? super DialectEvent> out);

    /**
     * Ends the block.
     *
     * @param out gets what is left
     */
    void end(Consumer<? super DialectEvent> out);
}
