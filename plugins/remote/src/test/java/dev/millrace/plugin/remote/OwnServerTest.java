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
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelServer;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our own server as the one elsewhere: the same questions to the same model here and there. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OwnServerTest {

    private static Millrace millrace;
    private static ModelServer.Running server;
    private static Model far;
    private static Model near;

    @BeforeAll
    static void start() throws InterruptedException {
        millrace = Millrace.start();
        server = serve("nano");
        far = millrace.open("remote:" + server.address());
        near = millrace.open("nano");
    }

    private static ModelServer.Running serve(String model) throws InterruptedException {
        ModelServer.Running running = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(millrace,
                Map.of("port", "0", "audit", "off", "models", model));
        running.awaitReady();
        return running;
    }

    @AfterAll
    static void stop() {
        millrace.close();
        server.close();
    }

    /** The devices of the small model. */
    static final class Devices {

        final List<String> switched = new ArrayList<>();

        @ToolSpec(value = "Switch a device on or off.", name = "set_device")
        String set(String name, String state) {
            switched.add(name + " " + state);
            return "ok";
        }
    }

    private static List<TokenScore> scores(Conversation.Builder builder) {
        try (Conversation conversation = builder.start(); Generation generation = conversation.send("Hello!")) {
            List<TokenScore> scores = new ArrayList<>();
            for (Event event : generation) {
                if (event instanceof Event.Text text) {
                    scores.addAll(text.tokens());
                }
            }
            return scores;
        }
    }

    /** What can be told over there: all but the ids. */
    private static TokenScore.Scored withoutId(TokenScore.Scored token) {
        return new TokenScore.Scored(-1, token.text(), token.bytes(), token.logprob());
    }

    @Test
    void howLikelyTokensWereIsToldAsHere() {
        for (int alternatives : List.of(0, 3)) {
            List<TokenScore> here = scores(greedy(near).logprobs(alternatives)).stream()
                    .map(score -> new TokenScore(withoutId(score.token()),
                            score.alternatives().stream().map(OwnServerTest::withoutId).toList()))
                    .toList();
            assertFalse(here.isEmpty());
            assertEquals(here, scores(greedy(far).logprobs(alternatives)));
        }
        assertEquals(List.of(), scores(greedy(far)));
        assertThrows(IllegalArgumentException.class, () -> far.conversation().logprobs(101));
    }

    @Test
    void whoStandsInTellsHowLikelyTokensWere() {
        System.setProperty("millrace.remote.scores.url", "http://127.0.0.1:1");
        System.setProperty("millrace.remote.scores.model", "none");
        System.setProperty("millrace.remote.scores.fallback", "nano");
        System.setProperty("millrace.remote.scores.retries", "0");
        try (Model unreachable = millrace.open("remote:scores")) {
            assertEquals(scores(greedy(near).logprobs(2)), scores(greedy(unreachable).logprobs(2)));
        } finally {
            List.of("url", "model", "fallback", "retries")
                    .forEach(key -> System.clearProperty("millrace.remote.scores." + key));
        }
    }

    private static Conversation.Builder greedy(Model model) {
        return model.conversation().sampling(model.defaults().withTemperature(0));
    }

    @Test
    void theAnswerIsTheSameAsHere() {
        for (String question : List.of("Turn on the kitchen lamp.", "What can you do?", "Hello!")) {
            Devices here = new Devices();
            Devices there = new Devices();
            try (Conversation a = greedy(near).tools(Tools.of(here)).start();
                    Conversation b = greedy(far).tools(Tools.of(there)).start()) {
                Answer expected = a.send(question).answer();
                Answer actual = b.send(question).answer();
                assertEquals(expected.text(), actual.text());
                assertEquals(expected.thinking(), actual.thinking());
                assertEquals(here.switched, there.switched);
                assertEquals(expected.reason(), actual.reason());
                assertEquals(expected.usage().promptTokens(), actual.usage().promptTokens());
                assertEquals(expected.usage().completionTokens(), actual.usage().completionTokens());
                assertTrue(actual.timings().firstToken().isPositive());
                assertEquals(a.messages().stream().map(Message::role).toList(),
                        b.messages().stream().map(Message::role).toList());
            }
        }
    }

    @Test
    void whatIsKnownOfItComesFromTheServer() {
        assertEquals("nano", far.info().name());
        assertEquals(near.info().contextLength(), far.info().contextLength());
        assertEquals("remote", far.device().backend());
        assertThrows(MillraceException.class, far::tokenizer);
        assertTrue(millrace.health().stream().anyMatch(one -> one.device().equals(far.device())
                && one.state() == ModelHealth.State.READY));
    }

    @Test
    void conversationsForkRewindAndGoOnAfterARestart(@TempDir Path folder) {
        Path file = folder.resolve("saved");
        try (Conversation conversation = greedy(far).system("Be short.").start()) {
            conversation.send("Hello!").answer();
            List<Message> before = conversation.messages();
            conversation.save(file);
            try (Conversation fork = conversation.fork()) {
                fork.send("And now?").answer();
                assertEquals(before.size() + 2, fork.messages().size());
            }
            assertEquals(before, conversation.messages());
            conversation.rewind(1);
            assertEquals(1, conversation.messages().size());
            assertTrue(conversation.promptTokens() > 0);
            try (Conversation restored = greedy(far).restore(file).start()) {
                assertEquals(before, restored.messages());
                restored.send("And now?").answer();
            }
            assertThrows(MillraceException.class, () -> near.conversation().restore(file));
        }
    }

    /** A small value. */
    record Switched(String device, boolean on) {
    }

    @Test
    void anAnswerIsAValue() {
        try (Conversation conversation = greedy(far).start()) {
            Switched value = conversation.ask("Turn on the kitchen lamp. Answer in JSON.", Switched.class);
            assertFalse(value.device() == null);
        }
    }

    @Test
    void severalAnswersAreSeveralRequests() {
        try (Conversation conversation = far.conversation().maxTokens(8).start()) {
            List<Generation> answers = conversation.send(List.of(Message.user("Hello!")), 3);
            for (Generation answer : answers) {
                assertTrue(answer.answer().usage().completionTokens() > 0);
            }
            assertEquals(2, conversation.messages().size());
        }
    }

    @Test
    void whatIsTooLongIsRefusedWithBothNumbers() {
        try (Conversation conversation = far.conversation().start()) {
            RemoteModelException failure = assertThrows(RemoteModelException.class,
                    () -> conversation.send("word ".repeat(far.info().contextLength())).answer());
            assertEquals(RemoteModelException.Kind.REFUSED, failure.kind());
            assertTrue(failure.getMessage().contains("" + far.info().contextLength()), failure.getMessage());
        }
    }

    @Test
    void whatOnlyAModelOfThisMachineCanIsRefusedByName() {
        for (Runnable asking : List.<Runnable>of(() -> far.conversation().stopTokens(Set.of(2)),
                () -> far.conversation().plain(), () -> far.moveTo("cpu"))) {
            RuntimeException refusal = assertThrows(RuntimeException.class, asking::run);
            assertTrue(String.valueOf(refusal.getMessage()).contains("runs elsewhere"), refusal.toString());
        }
    }

    @Test
    void aServerPassesOnWhatAnotherOneSays() throws Exception {
        try (ModelServer.Running second = serve("remote:" + server.address());
                HttpClient client = HttpClient.newHttpClient()) {
            String body = "{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}";
            assertEquals(post(client, server.address(), body).at("choices").items().getFirst().at("message").value(),
                    post(client, second.address(), body).at("choices").items().getFirst().at("message").value());
        }
    }

    @Test
    void aServerPassesOnVectorsAndWhyThereAreNone() throws Exception {
        FarServer.Script two = c -> c.json(200,
                "{\"data\":[{\"embedding\":[0.25,-4]}],\"usage\":{\"prompt_tokens\":5}}");
        try (FarServer vectors = new FarServer(two, two,
                c -> c.json(422, "{\"error\":{\"message\":\"too many words\"}}"),
                c -> c.json(401, "{\"error\":{\"message\":\"who is there?\"}}"));
                ModelServer.Running second = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(
                        millrace, Map.of("port", "0", "audit", "off", "models", "nano", "embeddings",
                                "remote:" + vectors.url() + "#far"));
                HttpClient client = HttpClient.newHttpClient()) {
            second.awaitReady();
            String question = "{\"model\":\"far\",\"input\":\"Hello!\"}";
            HttpResponse<String> found = send(client, second.address().resolve("/v1/embeddings"), question);
            assertEquals(200, found.statusCode(), found.body());
            assertEquals(List.of(0.25, -4.0), JsonView.parse(found.body()).at("data").items().getFirst().at("embedding")
                    .items().stream().map(one -> one.decimal().orElseThrow()).toList());
            HttpResponse<String> refused = send(client, second.address().resolve("/v1/embeddings"), question);
            assertEquals(400, refused.statusCode(), refused.body());
            assertTrue(refused.body().contains("too many words"), refused.body());
            assertEquals(502, send(client, second.address().resolve("/v1/embeddings"), question).statusCode());
        }
    }

    private static HttpResponse<String> send(HttpClient client, URI address, String body) throws Exception {
        return client.send(HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static JsonView post(HttpClient client, URI address, String body) throws Exception {
        HttpResponse<String> response = send(client, address.resolve("/v1/chat/completions"), body);
        assertEquals(200, response.statusCode(), response.body());
        return JsonView.parse(response.body());
    }

    @Test
    void aServerTellsThatAnotherOneIsGone() throws Exception {
        try (ModelServer.Running second = serve("remote:http://127.0.0.1:1#gone");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(second.address().resolve("/v1/chat/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertTrue(response.body().contains("\"error\"") && response.body().contains("nothing listens there"),
                    response.body());
        }
    }

    /** Programs for Ollama find the length of a context by the name of the architecture. */
    @Test
    void whatIsNotKnownOfAModelElsewhereIsNoGap() throws Exception {
        try (ModelServer.Running second = serve("remote:http://127.0.0.1:1#gone");
                HttpClient client = HttpClient.newHttpClient()) {
            JsonView told = JsonView.parse(send(client, second.address().resolve("/api/show"), "{}").body());
            assertEquals("unknown", told.at("model_info").at("general.architecture").value());
            assertEquals(32_768, told.at("model_info").at("unknown.context_length").number().orElse(0));
            assertEquals("", told.at("details").at("parameter_size").value());
            assertEquals(List.of("completion", "tools", "thinking"), told.at("capabilities").value());
        }
    }

    @Test
    void eachAnswerSaysWhoGaveIt() {
        try (Conversation conversation = far.conversation().maxTokens(4).start()) {
            List<Event> events = Far.events(conversation.send("Hello!"));
            assertEquals(List.of(new Event.AnsweredBy("nano", far.device().id(), "")), Far.answeredBy(events));
        }
    }
}
