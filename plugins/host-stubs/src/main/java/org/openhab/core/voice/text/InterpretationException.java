/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text;

/** As openHAB has it. */
public class InterpretationException extends Exception {

    private static final long serialVersionUID = 1;

    public InterpretationException(String message) {
        super(message);
    }
}
