/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.conversation;

/** As openHAB has it. */
public class ConversationException extends Exception {

    private static final long serialVersionUID = 1;

    public ConversationException(String message) {
        super(message);
    }
}
