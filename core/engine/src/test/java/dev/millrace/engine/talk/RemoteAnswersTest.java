/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolSelection;
import dev.millrace.engine.observe.Meters;
import dev.millrace.engine.tools.HangingCalls;
import dev.millrace.engine.tools.ToolWatch;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several answers of a model that runs elsewhere. */
class RemoteAnswersTest {

    private static final Extensions NONE = new Extensions(List::of, new ToolWatch(List::of, new HangingCalls()),
            List::of, List::of, List::of,
            List::of, ToolSelection.OFF);

    @Test
    @Timeout(60)
    void answersThatCannotBeginLeaveNothingAndKeepNobodyWaiting() {
        AtomicReference<Conversations> closing = new AtomicReference<>();
        // the model is closed after answers were taken on, and before the further ones are begun
        try (Conversations all = new Conversations("far", 8, () -> Objects.requireNonNull(closing.get()).cancel())) {
            closing.set(all);
            RemoteParts parts = new RemoteParts(() -> fail("nobody asks"), "far", (question, listener, events) -> fail(
                    "nobody speaks"), Sampling.greedy(), new Meters().of("far"));
            try (Conversation conversation = all.builder(parts, NONE).start()) {
                assertThrows(IllegalStateException.class, () -> conversation.send(List.of(Message.user("x")), 4));
                assertEquals(List.of(), conversation.messages());
                assertEquals(0, all.answers());
            }
            assertEquals(0, all.size());
        }
    }
}
