/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openhab.core.voice.text.conversation.Conversation;
import org.openhab.core.voice.text.interpreter.llm.LLMTool;

/** As openHAB has it. */
public record InterpreterContext(Conversation conversation, List<LLMTool> tools, @Nullable String locationItem,
        @Nullable String systemPrompt) {
}
