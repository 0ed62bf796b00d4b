/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import java.util.ArrayList;
import java.util.List;

/** Gathers what an assistant thought, said and called in one turn, where an API sends these as separate items. */
public final class AssistantTurn {

    private final List<Message> messages;
    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final List<ToolCall> calls = new ArrayList<>();
    private boolean any;

    /** A turn that goes to the end of a list of messages. */
    public AssistantTurn(List<Message> messages) {
        this.messages = messages;
    }

    /** It thought. */
    public void thought(String piece) {
        any = true;
        thinking.append(piece);
    }

    /** It said. */
    public void said(String piece) {
        any = true;
        text.append(piece);
    }

    /** It called. */
    public void called(ToolCall call) {
        any = true;
        calls.add(call);
    }

    /** The turn is over; another may begin. Does nothing if there was none. */
    public void end() {
        if (any) {
            messages.add(Message.assistant(text.toString(), thinking.isEmpty() ? null : thinking.toString(), calls));
            thinking.setLength(0);
            text.setLength(0);
            calls.clear();
            any = false;
        }
    }
}
