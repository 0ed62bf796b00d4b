/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api.setting;

/** From when on a new value of a setting counts. Later versions may add values. */
public enum Effect {

    /** At once, also for models that are open. */
    AT_ONCE("at once"),

    /** For models that are opened afterwards. */
    NEXT_MODEL("for models opened afterwards"),

    /**
     * When its component starts. Inside a framework a component starts again when its configuration changes, so a backend leaves and
     * comes back, and models move; on a plain class path it is read once.
     */
    NEXT_START("when its component starts again");

    private final String text;

    Effect(String text) {
        this.text = text;
    }

    /**
     * In words.
     *
     * @return for a table or behind "It counts"
     */
    public String text() {
        return text;
    }
}
