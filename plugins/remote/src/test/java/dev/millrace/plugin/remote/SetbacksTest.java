/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.RemoteModelException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that fail, fall silent, are busy or are not there. */
@Timeout(120)
class SetbacksTest {

    /** A port at which nobody listens. */
    private static final String NOBODY = "http://127.0.0.1:1";

    private static RemoteModelException failure(Far far) {
        try (Conversation conversation = far.model.conversation().start()) {
            return assertThrows(RemoteModelException.class, () -> conversation.send("Hello?").answer());
        }
    }

    private static void fails(Kind kind, int requests, String words, FarServer.Script script, String... settings)
            throws IOException {
        FarServer server = new FarServer(script, script, script);
        try (Far far = new Far(server, settings)) {
            RemoteModelException failure = failure(far);
            assertEquals(kind, failure.kind(), failure.getMessage());
            assertTrue(failure.getMessage().contains(words), failure.getMessage());
            assertTrue(failure.getMessage().contains("127.0.0.1"), failure.getMessage());
            assertEquals(requests, server.asked().size());
        }
    }

    @Test
    void anErrorInTheMiddleIsTold() throws IOException {
        fails(Kind.FAILED, 1, "CUDA out of memory", c -> c.stream().delta("{'content':'a'}")
                .data("{\"error\":{\"message\":\"CUDA out of memory\",\"type\":\"server_error\",\"code\":500}}")
                .done());
        fails(Kind.FAILED, 1, "engine is dead", c -> c.stream().delta("{'content':'a'}")
                .data("{\"object\":\"error\",\"message\":\"engine is dead\",\"code\":500}").done());
    }

    @Test
    void whatIsCutInTheMiddleIsNotAskedForAgain() throws IOException {
        fails(Kind.FAILED, 1, "broke its answer off", c -> c.promised().delta("{'content':'a'}").cut());
        fails(Kind.FAILED, 1, "ended without a reason", c -> c.stream().delta("{'content':'a'}"));
        fails(Kind.FAILED, 1, "no JSON", c -> c.stream().delta("{'content':'a'}").data("{nonsense"));
    }

    @Test
    void whatWasSaidStaysSaid() throws IOException {
        try (Far far = new Far(new FarServer(c -> c.promised().delta("{'content':'half'}").cut()));
                Conversation conversation = far.model.conversation().start();
                Generation generation = conversation.send("Hello?")) {
            Iterator<Event> events = generation.iterator();
            assertEquals("far", ((Event.AnsweredBy) events.next()).model());
            assertEquals("half", ((Event.Text) events.next()).text());
            assertThrows(RemoteModelException.class, events::next);
            assertEquals(0, conversation.messages().size(), "it can be asked for again");
        }
    }

    @Test
    void aConnectionThatIsClosedBeforeAnythingCameIsTriedAgain() throws IOException {
        try (Far far = new Far(new FarServer(FarServer.Connection::cut, FarServer.says("second")))) {
            assertEquals("second", Far.text(far.ask("Hello?")));
            assertEquals(2, far.server.asked().size());
        }
    }

    @Test
    void aServerThatIsBusyIsAskedAgainWhenItSaysSo() throws IOException {
        for (int status : new int[]{429, 503, 502, 504}) {
            FarServer server = new FarServer(
                    c -> c.json(status, "{\"error\":{\"message\":\"later\"}}", "Retry-After: 1"),
                    FarServer.says("now"));
            try (Far far = new Far(server)) {
                long start = System.nanoTime();
                assertEquals("now", Far.text(far.ask("Hello?")), "status " + status);
                assertTrue(Duration.ofNanos(System.nanoTime() - start).compareTo(Duration.ofMillis(990)) >= 0,
                        "it asked to be left alone for a second");
                assertEquals(2, server.asked().size());
            }
        }
    }

    @Test
    void aServerThatWantsALongRestIsNotWaitedFor() throws IOException {
        fails(Kind.BUSY, 1, "too many requests",
                c -> c.json(429, "{\"error\":{\"message\":\"too many requests\"}}", "Retry-After: 3600"));
        fails(Kind.BUSY, 1, "until next year", c -> c.json(503, "{\"detail\":\"until next year\"}",
                "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT"));
    }

    @Test
    void aServerThatStaysBusyIsGivenUp() throws IOException {
        fails(Kind.BUSY, 3, "Loading model", c -> c.json(503, "{\"error\":{\"message\":\"Loading model\"}}"));
    }

    @Test
    void whatIsWrongIsNotAskedAgain() throws IOException {
        fails(Kind.REFUSED, 1, "maximum context length is 4096",
                c -> c.json(400,
                        "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 tokens.\"}"));
        fails(Kind.FAILED, 1, "boom", c -> c.json(500, "{\"error\":\"boom\"}"));
        fails(Kind.FAILED, 1, "status 302", c -> c.json(302, "", "Location: http://elsewhere.example/"));
    }

    @Test
    void halfOpenConnectionsEnd() throws IOException {
        fails(Kind.SILENT, 1, "fell silent", c -> {
            c.stream().delta("{'content':'a'}");
            c.untilClientLeaves();
        }, "betweenSeconds", "1");
        fails(Kind.SILENT, 1, "did not answer within 1 seconds", FarServer.Connection::untilClientLeaves,
                "firstSeconds", "1");
    }

    @Test
    void signsOfLifeAloneAreNoAnswer() throws IOException {
        fails(Kind.SILENT, 1, "did not begin", c -> {
            c.stream();
            while (true) {
                c.raw(": ping\n\n");
                try {
                    Thread.sleep(50);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }, "firstSeconds", "1");
    }

    @Test
    void aWholeAnswerNeedsNoEndOfItsStream() throws IOException {
        try (Far far = new Far(new FarServer(c -> {
            c.stream().delta("{'content':'all'}").finish("stop");
            c.untilClientLeaves();
        }), "betweenSeconds", "1")) {
            assertEquals("all", Far.text(far.ask("Hello?")));
        }
    }

    @Test
    void nobodyThereIsToldInOneSentence() throws IOException {
        try (Far far = new Far(new FarServer(), "url", NOBODY)) {
            RemoteModelException failure = failure(far);
            assertEquals(Kind.UNREACHABLE, failure.kind());
            assertTrue(failure.getMessage().contains("nothing listens there"), failure.getMessage());
        }
    }

    @Test
    void tokensOpenServersAndStandNowhereElse(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("token");
        Files.writeString(file, "sk-very-secret\n");
        FarServer server = new FarServer(FarServer.says("in"),
                c -> c.json(401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-very-secret.\"}}"));
        try (Far far = new Far(server, "tokenFile", file.toString())) {
            assertEquals("in", Far.text(far.ask("Hello?")));
            assertEquals("Bearer sk-very-secret", server.asked().getFirst().headers().get("authorization"));
            RemoteModelException failure = failure(far);
            assertEquals(Kind.DENIED, failure.kind());
            assertFalse(failure.getMessage().contains("sk-very-secret"), failure.getMessage());
            Files.writeString(file, "sk-\u0001broken");
            RemoteModelException broken = failure(far);
            assertEquals(Kind.DENIED, broken.kind());
            assertFalse(broken.getMessage().contains("broken"), broken.getMessage());
            Files.delete(file);
            RemoteModelException missing = failure(far);
            assertEquals(Kind.DENIED, missing.kind());
            assertTrue(missing.getMessage().contains("the file " + file + " is not there"), missing.getMessage());
        }
    }

    @Test
    void whoeverCancelsEndsTheAnswerThere() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        try (Far far = new Far(new FarServer(c -> {
            c.stream().delta("{'content':'a'}");
            c.untilClientLeaves();
            left.countDown();
        }));
                Conversation conversation = far.model.conversation().start();
                Generation generation = conversation.send("Hello?")) {
            Iterator<Event> events = generation.iterator();
            events.next();
            assertEquals("a", ((Event.Text) events.next()).text());
            generation.cancel();
            Answer answer = generation.answer();
            assertEquals(FinishReason.CANCELLED, answer.reason());
            assertEquals("a", conversation.messages().getLast().content());
            assertTrue(left.await(60, TimeUnit.SECONDS), "the connection stayed open");
        }
    }

    @Test
    void whoeverCancelsWhileNothingHasComeIsNotKeptWaiting() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        try (Far far = new Far(new FarServer(c -> {
            asked.countDown();
            c.untilClientLeaves();
            left.countDown();
        }));
                Conversation conversation = far.model.conversation().start();
                Generation generation = conversation.send("Hello?")) {
            assertTrue(asked.await(60, TimeUnit.SECONDS));
            generation.cancel();
            assertEquals(FinishReason.CANCELLED, generation.answer().reason());
            assertTrue(left.await(60, TimeUnit.SECONDS), "the connection stayed open");
        }
    }

    @Test
    void anAnswerEndsAtItsDeadline() throws IOException {
        try (Far far = new Far(new FarServer(c -> {
            c.stream().delta("{'content':'a'}");
            c.untilClientLeaves();
        })); Conversation conversation = far.model.conversation().deadline(Duration.ofSeconds(2)).start()) {
            Answer answer = conversation.send("Hello?").answer();
            assertEquals(FinishReason.DEADLINE, answer.reason());
        }
    }
}
