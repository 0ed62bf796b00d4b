/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import java.util.List;

/** Which plugins are installed. */
@FunctionalInterface
interface PluginList {

    /**
     * A plugin.
     *
     * @param name of its bundle
     * @param version of its bundle
     * @param state a word: active, resolved, installed, starting
     * @param description what it says of itself; may be empty
     */
    record Plugin(String name, String version, String state, String description) {
    }

    /** All of them, by name; empty outside a framework. */
    List<Plugin> installed();
}
