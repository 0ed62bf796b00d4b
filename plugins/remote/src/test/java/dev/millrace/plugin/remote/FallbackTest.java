/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Message;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A model of this machine answers while the other one cannot. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FallbackTest {

    /** A port at which nobody listens. */
    private static final String NOBODY = "http://127.0.0.1:1";

    @Test
    void anotherModelAnswersAndSaysWhy() throws IOException {
        try (Far far = new Far(new FarServer(), "url", NOBODY, "fallback", "nano", "retries", "0")) {
            List<Event> events = far.ask("Hello!");
            List<Event.AnsweredBy> by = Far.answeredBy(events);
            assertEquals(1, by.size());
            assertTrue(by.getFirst().device().startsWith("cpu:"), by.toString());
            assertTrue(by.getFirst().reason().contains("nothing listens there"), by.toString());
            assertTrue(events.getLast() instanceof Event.Finished);
        }
    }

    @Test
    void theFirstModelIsLeftAloneForAWhileAndThenAnswersAgain() throws IOException {
        FarServer server = new FarServer(c -> c.json(500, "{\"error\":\"boom\"}"));
        try (Far far = new Far(server, "fallback", "nano", "fallbackSeconds", "1")) {
            assertTrue(Far.answeredBy(far.ask("Hello!")).getFirst().device().startsWith("cpu:"));
            server.then(FarServer.says("back"));
            List<Event> events = far.ask("Hello!");
            while (!Far.text(events).equals("back")) {
                assertTrue(Far.answeredBy(events).getFirst().reason().contains("boom"), events.toString());
                events = far.ask("Hello!");
            }
            Event.AnsweredBy by = Far.answeredBy(events).getFirst();
            assertEquals("far", by.model());
            assertEquals("it can be reached again", by.reason());
            server.then(FarServer.says("still"));
            assertEquals("", Far.answeredBy(far.ask("Hello!")).getFirst().reason());
        }
    }

    @Test
    void anAnswerThatBreaksOffGoesOnWhereItsTextEnded() throws IOException {
        try (Far far = new Far(new FarServer(c -> c.promised().delta("{'content':'The lamp '}").cut()), "fallback",
                "nano"); Conversation conversation = far.model.conversation().start()) {
            List<Event> events = Far.events(conversation.send("Turn on the kitchen lamp."));
            List<Event.AnsweredBy> by = Far.answeredBy(events);
            assertEquals(2, by.size(), by.toString());
            assertEquals("far", by.getFirst().model());
            assertTrue(by.getLast().device().startsWith("cpu:"), by.toString());
            assertTrue(by.getLast().reason().contains("broke its answer off"), by.toString());
            String text = Far.text(events);
            assertTrue(text.startsWith("The lamp "), text);
            Message last = conversation.messages().getLast();
            assertEquals(text, last.content());
            assertEquals(2, conversation.messages().size());
        }
    }

    @Test
    void toolsRunWhoeverCallsThem() throws IOException {
        List<String> switched = new ArrayList<>();
        try (Far far = new Far(new FarServer(), "url", NOBODY, "fallback", "nano", "retries", "0");
                Conversation conversation = far.model.conversation().tools(Tools.of(new Object() {
                    @ToolSpec(value = "Switch a device on or off.", name = "set_device")
                    String set(String name, String state) {
                        switched.add(name + " " + state);
                        return "ok";
                    }
                })).start()) {
            Far.events(conversation.send("Turn on the kitchen lamp."));
            assertEquals(1, switched.size(), switched.toString());
            assertTrue(conversation.messages().size() >= 4, conversation.messages().toString());
        }
    }

    @Test
    void whatIsWrongIsWrongForBoth() throws IOException {
        try (Far far = new Far(new FarServer(c -> c.json(400, "{\"error\":{\"message\":\"too long\"}}")), "fallback",
                "nano")) {
            assertEquals(RemoteModelException.Kind.REFUSED,
                    assertThrows(RemoteModelException.class, () -> far.ask("Hello!")).kind());
        }
    }

    @Test
    void aModelThatStandsInAndIsNotThereIsToldWithBothReasons() throws IOException {
        try (Far far = new Far(new FarServer(), "url", NOBODY, "fallback", "no-such-model", "retries", "0")) {
            String message = assertThrows(BackendException.class, () -> far.ask("Hello!")).getMessage();
            assertTrue(message.contains("nothing listens there") && message.contains("no-such-model"), message);
        }
    }
}
