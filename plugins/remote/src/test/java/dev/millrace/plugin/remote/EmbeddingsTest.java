/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.RemoteModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Vectors from a server. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class EmbeddingsTest {

    /** Vectors that hold the number of characters of each text, in the order of the texts or against it. */
    private static FarServer.Script lengths(boolean backwards) {
        return connection -> {
            List<JsonView> texts = JsonView.parse(connection.body()).at("input").items();
            List<String> items = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                items.add("{\"object\":\"embedding\",\"index\":" + i + ",\"embedding\":[0.5,"
                        + String.valueOf(texts.get(i)
                                .value()).length()
                        + ",-1e-3]}");
            }
            if (backwards) {
                Collections.reverse(items);
            }
            connection.json(200, "{\"object\":\"list\",\"data\":[" + String.join(",", items)
                    + "],\"model\":\"far\",\"usage\":{\"prompt_tokens\":" + 3 * texts.size() + "}}");
        };
    }

    private static FarServer.Script data(String data) {
        return connection -> connection.json(200, "{\"data\":" + data + "}");
    }

    private static EmbeddingModel open(Millrace millrace, FarServer server) {
        return millrace.openEmbeddings("remote:" + server.url(), ModelOptions.defaults());
    }

    @Test
    void eachTextHasItsVector() throws IOException {
        try (FarServer server = new FarServer(lengths(false), lengths(true), lengths(true), lengths(false));
                Millrace millrace = Millrace.start();
                EmbeddingModel model = open(millrace, server)) {
            assertEquals("far", model.name());
            assertEquals(3, model.dimensions());
            assertEquals(4096, model.contextLength());
            assertEquals("remote", model.device().backend());
            assertEquals(new Embeddings(List.of(), 0), model.embed(List.of()));
            Embeddings two = model.embed(List.of("ab", "\u00e4\n\"x"));
            assertArrayEquals(new float[]{0.5f, 2, -1e-3f}, two.vectors().get(0));
            assertArrayEquals(new float[]{0.5f, 4, -1e-3f}, two.vectors().get(1));
            assertEquals(6, two.tokens());
            // more than a server takes at once
            List<String> many = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                many.add("x".repeat(i));
            }
            Embeddings all = model.embed(many);
            for (int i = 0; i < 40; i++) {
                assertEquals(i, all.vectors().get(i)[1]);
            }
            assertEquals(120, all.tokens());
            assertEquals(4, server.asked().size());
        }
    }

    @Test
    void aServerThatIsBusyIsAskedAgain() throws IOException {
        try (FarServer server = new FarServer(
                connection -> connection.json(503, "{\"error\":{\"message\":\"loading\"}}", "Retry-After: 0"),
                FarServer.Connection::cut, lengths(false), connection -> connection.json(400,
                        "{\"error\":{\"message\":\"the text has 9000 tokens, the model takes 512\"}}"));
                Millrace millrace = Millrace.start();
                EmbeddingModel model = open(millrace, server)) {
            RemoteModelException refused = assertThrows(RemoteModelException.class, () -> model.embed(List.of("long")));
            assertEquals(RemoteModelException.Kind.REFUSED, refused.kind());
            assertTrue(String.valueOf(refused.getMessage()).contains("the model takes 512"), refused.toString());
        }
    }

    @Test
    void whatIsNoVectorIsAnError() throws IOException {
        for (String data : List.of("[]", "null", "7", "[{\"embedding\":[]}]", "[{\"embedding\":\"AAAA\"}]",
                "[{\"embedding\":[1,\"x\"]}]", "[{\"embedding\":[1,null]}]", "[{\"embedding\":[1e300]}]",
                "[{\"index\":1,\"embedding\":[1]}]", "[{\"embedding\":[1]},{\"embedding\":[1]}]",
                "[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]", "[[1,2]]")) {
            try (FarServer server = new FarServer(data(data)); Millrace millrace = Millrace.start()) {
                RemoteModelException failure = assertThrows(RemoteModelException.class, () -> open(millrace, server),
                        data);
                assertEquals(RemoteModelException.Kind.FAILED, failure.kind(), data);
            }
        }
        try (FarServer server = new FarServer(connection -> connection.json(200, "no JSON"));
                Millrace millrace = Millrace.start()) {
            assertThrows(RemoteModelException.class, () -> open(millrace, server));
        }
    }

    @Test
    void aVectorOfAnotherLengthIsAnError() throws IOException {
        try (FarServer server = new FarServer(lengths(false), data("[{\"embedding\":[1,2]}]"));
                Millrace millrace = Millrace.start();
                EmbeddingModel model = open(millrace, server)) {
            RemoteModelException failure = assertThrows(RemoteModelException.class, () -> model.embed(List.of("x")));
            assertTrue(String.valueOf(failure.getMessage()).contains("2 values, and gave 3"), failure.toString());
        }
    }

    @Test
    void whoIsNotThereIsTold() {
        try (Millrace millrace = Millrace.start()) {
            for (String reference : List.of("remote:http://127.0.0.1:1", "remote:http://127.0.0.1:1#named")) {
                RemoteModelException failure = assertThrows(RemoteModelException.class,
                        () -> millrace.openEmbeddings(reference, ModelOptions.defaults()));
                assertEquals(RemoteModelException.Kind.UNREACHABLE, failure.kind());
            }
            assertThrows(MillraceException.class,
                    () -> millrace.openEmbeddings("remote:nobody", ModelOptions.defaults()));
        }
    }

    @Test
    void aClosedModelGivesNoVectors() throws IOException {
        try (FarServer server = new FarServer(lengths(false), lengths(false))) {
            EmbeddingModel left;
            try (Millrace millrace = Millrace.start()) {
                EmbeddingModel model = open(millrace, server);
                model.close();
                model.close();
                assertThrows(IllegalStateException.class, () -> model.embed(List.of("x")));
                left = open(millrace, server);
            }
            assertThrows(IllegalStateException.class, () -> left.embed(List.of("x")));
            assertFalse(left.name().isEmpty());
        }
    }
}
