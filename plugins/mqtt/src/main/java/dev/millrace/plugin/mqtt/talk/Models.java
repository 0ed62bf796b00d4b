/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.talk;

import dev.millrace.api.Model;
import dev.millrace.api.ToolProvider;
import java.util.List;
import java.util.Optional;

/** Whom to ask, and with which tools. */
public interface Models {

    /**
     * A model. Waits until it is open.
     *
     * @param name of it; empty takes the first
     * @throws dev.millrace.api.MillraceException if it cannot be had, with the reason as a sentence
     */
    Model model(Optional<String> name) throws InterruptedException;

    /** Tools that are there now. */
    List<ToolProvider> tools();
}
