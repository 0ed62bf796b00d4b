/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelServer;
import dev.millrace.api.ModelStore;
import dev.millrace.api.Progress;
import dev.millrace.plugin.openai.ollama.Pulls;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Models come through the server only after a yes. */
class PullsTest {

    private static final String REFERENCE = "hf:Maker/Model";
    private static final ModelStore.Licence LICENCE = new ModelStore.Licence("mit", "You may.");

    /** A store that notes what it is asked. */
    private static final class Noting implements ModelStore {

        final List<String> did = Collections.synchronizedList(new ArrayList<>());
        volatile String revision = "one";
        volatile boolean here;
        volatile Consumer<Transfer> fetching = transfer -> {
        };

        private Kept kept() {
            return new Kept("model", REFERENCE, revision, Path.of("/nowhere"), 100, false, LICENCE, true, Map.of());
        }

        @Override
        public boolean isRemote(String reference) {
            return reference.startsWith("hf:");
        }

        @Override
        public Optional<Kept> find(String reference) {
            return here ? Optional.of(kept()) : Optional.empty();
        }

        @Override
        public List<Kept> list() {
            return here ? List.of(kept()) : List.of();
        }

        @Override
        public List<Kept> others() {
            return List.of();
        }

        @Override
        public Plan plan(Wish wish) {
            if (wish.reference().contains("Secret")) {
                throw new MillraceException("hf:Secret is not open to you.");
            }
            return new Plan(wish, "model", REFERENCE, revision,
                    List.of(new Item("model.gguf", 100, "", URI.create("http://hub"), Optional.empty())), "model.gguf",
                    "It fits.", LICENCE, Optional.empty());
        }

        @Override
        public Kept pull(Plan plan, Consent consent, Transfer transfer) {
            did.add("pull " + plan.wish().reference());
            transfer.update("fetching", 0, 100);
            fetching.accept(transfer);
            transfer.update("fetching", 100, 100);
            here = true;
            return kept();
        }

        @Override
        public Kept link(Path path, @Nullable String name, Progress progress) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> verify(String name, Progress progress) {
            return List.of();
        }

        @Override
        public long remove(String name) {
            return 0;
        }

        @Override
        public void export(String name, Path folder, @Nullable Path key, Progress progress) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void licenceShown(String name) {
            did.add("shown " + name);
        }
    }

    private final Noting store = new Noting();
    private final Millrace millrace = Millrace.start();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private ModelServer.@Nullable Running running;

    @BeforeEach
    void start() {
        Server server = new Server();
        server.addExtension(new Pulls(store));
        running = server.start(millrace, Map.of("port", "0", "audit", "off"));
    }

    @AfterEach
    void end() {
        java.util.Objects.requireNonNull(running).close();
        millrace.close();
    }

    private HttpRequest request(String path, String body) {
        HttpRequest.Builder request = HttpRequest
                .newBuilder(java.util.Objects.requireNonNull(running).address().resolve(path));
        return (body.isEmpty() ? request : request.POST(HttpRequest.BodyPublishers.ofString(body))).build();
    }

    private HttpResponse<String> ask(String path, String body) throws Exception {
        return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
    }

    private static List<JsonNode> lines(String text) throws Exception {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : text.lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    @Test
    void nothingIsFetchedWithoutAYes() throws Exception {
        for (String more : List.of("", ",\"accept\":false", ",\"stream\":false", ",\"insecure\":true")) {
            HttpResponse<String> answer = ask("/api/pull", "{\"model\":\"" + REFERENCE + "\"" + more + "}");
            assertEquals(403, answer.statusCode(), answer::body);
            String told = lines(answer.body()).getFirst().get("error").asText();
            assertTrue(told.contains("100 bytes") && told.contains("mit") && told.contains("accept"), told);
        }
        assertEquals(List.of(), store.did);
    }

    @Test
    void thePlanTellsSizeAndLicence() throws Exception {
        JsonNode plan = lines(ask("/api/pull/plan", "{\"model\":\"hf.co/Maker/Model\"}").body()).getFirst();
        assertEquals(REFERENCE, plan.get("model").asText());
        assertEquals(100, plan.get("missing").asLong());
        assertEquals("You may.", plan.get("licence").get("text").asText());
        assertEquals("It fits.", plan.get("choice").asText());
        assertEquals(List.of(), store.did);
    }

    @Test
    void afterAYesItIsFetchedWithProgressAndListed() throws Exception {
        List<JsonNode> lines = lines(
                ask("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true,\"revision\":\"one\"}").body());
        assertEquals("pulling manifest", lines.getFirst().get("status").asText());
        assertEquals("success", lines.getLast().get("status").asText());
        assertTrue(lines.stream().anyMatch(line -> line.path("completed").asLong() == 100), lines::toString);
        assertEquals(List.of("pull " + REFERENCE, "shown model"), store.did);
        JsonNode listed = lines(ask("/api/store", "").body()).getFirst();
        assertEquals("model", listed.get("models").get(0).get("name").asText());
        assertTrue(listed.get("present").asBoolean());
        // what is here needs no yes, and no network
        assertEquals("success", lines(ask("/api/pull", "{\"model\":\"" + REFERENCE + "\"}").body()).getFirst()
                .get("status").asText());
        assertEquals(2, store.did.size());
    }

    @Test
    void withoutAStreamThereIsOneDocument() throws Exception {
        List<JsonNode> lines = lines(
                ask("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true,\"stream\":false}").body());
        assertEquals(1, lines.size());
        assertEquals("success", lines.getFirst().get("status").asText());
    }

    @Test
    void whatHasChangedSinceItWasShownIsNotFetched() throws Exception {
        HttpResponse<String> answer = ask("/api/pull",
                "{\"model\":\"" + REFERENCE + "\",\"accept\":true,\"revision\":\"older\"}");
        assertEquals(409, answer.statusCode());
        assertEquals(List.of(), store.did);
    }

    @Test
    void failuresAreSentences() throws Exception {
        assertEquals(400, ask("/api/pull", "{}").statusCode());
        assertEquals(404, ask("/api/pull", "{\"model\":\"llama3\",\"accept\":true}").statusCode());
        HttpResponse<String> secret = ask("/api/pull/plan", "{\"model\":\"hf:Secret\"}");
        assertEquals(502, secret.statusCode());
        assertTrue(secret.body().contains("not open to you"), secret::body);
        store.fetching = transfer -> {
            throw new MillraceException("The disk is full.");
        };
        List<JsonNode> lines = lines(ask("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true}").body());
        assertEquals("The disk is full.", lines.getLast().get("error").asText());
        store.fetching = transfer -> {
        };
        assertEquals("success", lines(ask("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true}").body())
                .getLast().get("status").asText());
    }

    @Test
    void oneModelIsFetchedAtATime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        store.fetching = transfer -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        var first = client.sendAsync(request("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true}"),
                HttpResponse.BodyHandlers.ofString());
        begun.await();
        assertEquals(409, ask("/api/pull", "{\"model\":\"hf:Maker/Other\",\"accept\":true}").statusCode());
        goOn.countDown();
        assertEquals("success", lines(first.join().body()).getLast().get("status").asText());
    }

    @Test
    void aServerThatEndsEndsWhatItFetches() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        store.fetching = transfer -> {
            begun.countDown();
            try {
                for (;;) {
                    transfer.update("fetching", 50, 100);
                    Thread.onSpinWait();
                }
            } catch (CancellationException e) {
                ended.countDown();
                throw e;
            }
        };
        var first = client.sendAsync(request("/api/pull", "{\"model\":\"" + REFERENCE + "\",\"accept\":true}"),
                HttpResponse.BodyHandlers.ofString());
        begun.await();
        java.util.Objects.requireNonNull(running).close();
        ended.await();
        first.handle((answer, gone) -> null).join();
    }
}
