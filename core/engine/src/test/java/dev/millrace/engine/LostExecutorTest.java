/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.spi.backend.ExecutorLostException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An executor that is gone, with all that it has read, costs time and nothing else. */
@Timeout(60)
class LostExecutorTest {

    private static final String TEXT = IntStream.range(0, 12).mapToObj(i -> "word " + i + " ")
            .collect(Collectors.joining());

    @TempDir
    Path folder;

    /** The executor is gone in some of its passes. */
    private static ScriptedBackend losing(String id, int... passes) {
        ScriptedBackend backend = new ScriptedBackend(id, true, TEXT, "Second.");
        AtomicInteger count = new AtomicInteger();
        backend.onForward = steps -> {
            int now = count.incrementAndGet();
            if (IntStream.of(passes).anyMatch(pass -> pass == now)) {
                throw new ExecutorLostException("The process is gone.");
            }
        };
        return backend;
    }

    @Test
    void conversationsGoOnElsewhere() {
        ScriptedBackend from = losing("from", 25);
        ScriptedBackend to = new ScriptedBackend("to", true, TEXT, "Second.");
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
            List<Conversation> conversations = Stream.generate(() -> model.conversation().start()).limit(4).toList();
            List<Generation> answers = conversations.stream().map(one -> one.send("Go")).toList();
            answers.forEach(answer -> assertEquals(TEXT, answer.answer().text()));
            assertEquals("to:0", model.device().id());
            conversations.forEach(one -> assertEquals("Second.", one.send("On").answer().text()));
            assertEquals(0, from.openExecutors.get());
        }
        assertEquals(0, to.openExecutors.get());
    }

    @Test
    void theModelIsLoadedAgainWhereThereIsNoOtherBackend() {
        ScriptedBackend only = losing("only", 10, 30);
        try (Stage stage = new Stage(folder, only); Model model = stage.open()) {
            assertEquals(TEXT, model.conversation().start().send("Go").answer().text());
            assertEquals(1, only.openExecutors.get());
        }
        assertEquals(0, only.openExecutors.get());
    }

    @Test
    void whatEndsEveryExecutorFailsAndHoldsNobodyUp() {
        // each new executor reads one token first, to show that it can
        ScriptedBackend only = losing("only", 5, 7, 9);
        try (Stage stage = new Stage(folder, only);
                Model model = stage.open();
                Conversation conversation = model.conversation().start()) {
            String message = assertThrows(ExecutorLostException.class, () -> conversation.send("Go").answer())
                    .getMessage();
            assertTrue(message.contains("The process is gone."), message);
            assertEquals(TEXT, model.conversation().start().send("Go").answer().text());
            assertEquals(1, only.openExecutors.get());
        }
    }
}
