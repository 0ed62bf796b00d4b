/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import java.util.List;
import java.util.Optional;

/** Where the models come from. For any thread. */
public interface Host {

    /** The runtime. */
    Millrace millrace();

    /** The names of the models that can be asked, the first for those who name none. */
    List<String> models();

    /**
     * A model, which stays the host's. May have to be opened first.
     *
     * @param name its name; empty takes the first
     * @throws MillraceException if there is none of that name, or it cannot be opened
     */
    Model model(Optional<String> name);

    /** The models that are open now, by the names of {@link #models}. */
    java.util.Map<String, Model> open();

    /**
     * Waits for the turn of a caller.
     *
     * @return closed when the answer is over
     */
    Turn turn(String caller) throws InterruptedException;

    /** A turn. */
    interface Turn extends AutoCloseable {

        @Override
        void close();
    }
}
