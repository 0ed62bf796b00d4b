/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.interpreter.llm;

/** As openHAB has it. */
public class LLMToolException extends Exception {

    private static final long serialVersionUID = 1;

    public LLMToolException(String message) {
        super(message);
    }
}
