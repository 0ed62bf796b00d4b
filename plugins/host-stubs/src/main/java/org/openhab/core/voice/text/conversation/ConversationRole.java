/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.conversation;

/** As openHAB has it. */
public enum ConversationRole {
    USER, OPENHAB, THINKING, TOOL_CALL, TOOL_RETURN
}
