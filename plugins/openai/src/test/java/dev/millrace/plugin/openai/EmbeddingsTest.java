/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.millrace.api.Device;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolProvider;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors over HTTP, from a model that counts letters. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddingsTest {

    private static final int CONTEXT = 40;

    private final AtomicInteger closed = new AtomicInteger();
    private Nano nano;

    /** Of each text: how many a, b and c it has. */
    private final class Letters implements EmbeddingModel {

        @Override
        public String name() {
            return "letters";
        }

        @Override
        public int dimensions() {
            return 3;
        }

        @Override
        public int contextLength() {
            return CONTEXT;
        }

        @Override
        public Device device() {
            return new Device("letters:0", "letters", "counts", 1);
        }

        @Override
        public Embeddings embed(List<String> texts) {
            int tokens = 0;
            for (String text : texts) {
                if (text.length() > CONTEXT) {
                    throw new IllegalArgumentException("A text has " + text.length() + " tokens of " + CONTEXT + ".");
                }
                tokens += text.length();
            }
            return new Embeddings(texts.stream().map(text -> {
                float[] vector = new float[3];
                text.chars().filter(c -> c >= 'a' && c <= 'c').forEach(c -> vector[c - 'a']++);
                return vector;
            }).toList(), tokens);
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    /** A runtime with such a model. */
    private record WithLetters(Millrace base, EmbeddingModel letters) implements Millrace {

        @Override
        public Model open(String reference, ModelOptions options) {
            return base.open(reference, options);
        }

        @Override
        public EmbeddingModel openEmbeddings(String reference, ModelOptions options) {
            return letters;
        }

        @Override
        public List<String> models() {
            return base.models();
        }

        @Override
        public List<Device> devices() {
            return base.devices();
        }

        @Override
        public List<ToolProvider> toolProviders() {
            return base.toolProviders();
        }

        @Override
        public void close() {
            base.close();
        }
    }

    @BeforeAll
    void start() throws InterruptedException {
        nano = new Nano(new WithLetters(Millrace.start(), new Letters()), "embeddings", "/models/letters.onnx");
    }

    @AfterAll
    void stop() {
        nano.close();
        assertEquals(1, closed.get());
    }

    @Test
    void vectorsAsNumbersAndPacked() throws Exception {
        JsonNode plain = nano.ask("/v1/embeddings", "{\"model\":\"letters\",\"input\":[\"abba\",\"cab\"]}");
        if (OfficialDescription.present()) {
            OfficialDescription.read().check("CreateEmbeddingResponse", plain);
        }
        assertEquals("[2.0,2.0,0.0]", plain.at("/data/0/embedding").toString());
        assertEquals("[1.0,1.0,1.0]", plain.at("/data/1/embedding").toString());
        assertEquals(1, plain.at("/data/1/index").asInt());
        assertEquals(7, plain.at("/usage/total_tokens").asInt());
        JsonNode packed = nano.ask("/v1/embeddings", "{\"input\":\"abba\",\"encoding_format\":\"base64\"}");
        ByteBuffer bytes = ByteBuffer.wrap(packed.at("/data/0/embedding").binaryValue())
                .order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(12, bytes.remaining());
        assertEquals(2f, bytes.getFloat(4));
    }

    @Test
    void aClientThatPeopleUse() {
        OpenAiEmbeddingModel client = OpenAiEmbeddingModel.builder().baseUrl(nano.address() + "/v1").apiKey("none")
                .modelName("letters").build();
        assertEquals(List.of(0f, 1f, 2f), client.embed("cbc").content().vectorAsList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"{} | 400 | input",
            "{\"input\":[]} | 400 | input", "{\"input\":{\"a\":\"b\"}} | 400 | input must be an array",
            "{\"input\":7} | 400 | input must be", "{\"input\":[1,2]} | 400 | token ids",
            "{\"input\":\"a\",\"dimensions\":2} | 400 | dimensions",
            "{\"input\":\"a\",\"model\":\"other\"} | 404 | letters",
            "{\"input\":\"a\",\"encoding_format\":\"hex\"} | 400 | encoding_format",
            "{\"input\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"} | 400 | context_length_exceeded"})
    void whatCannotBeAnsweredIsToldWhy(String body, int code, String word) throws Exception {
        HttpResponse<String> answer = nano.post("/v1/embeddings", body);
        assertEquals(code, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains(word), answer::body);
    }

    @Test
    void itIsListedAndGeneratesNothing() throws Exception {
        assertTrue(nano.get("/v1/models").body().contains("\"letters\""));
        assertEquals(3, Nano.JSON.readTree(nano.get("/v1/models/letters").body()).at("/meta/n_embd").asInt());
        assertEquals(404, nano.post("/v1/chat/completions",
                "{\"model\":\"letters\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}").statusCode());
    }

    @Test
    void ollamasTwoWaysToAsk() throws Exception {
        JsonNode one = nano.ask("/api/embed", "{\"model\":\"letters\",\"input\":\"abba\",\"truncate\":true}");
        assertEquals("[[2.0,2.0,0.0]]", one.path("embeddings").toString());
        assertEquals(4, one.path("prompt_eval_count").asInt());
        assertTrue(one.path("total_duration").asLong() > 0, one::toString);
        assertEquals("[[1.0,0.0,0.0],[0.0,1.0,0.0]]", nano.ask("/api/embed",
                "{\"model\":\"letters:latest\",\"input\":[\"a\",\"b\"],\"keep_alive\":\"5m\",\"options\":{}}")
                .path("embeddings").toString());
        assertEquals("{\"embedding\":[0.0,1.0,2.0]}",
                nano.ask("/api/embeddings", "{\"model\":\"letters\",\"prompt\":\"cbc\"}").toString());
        assertEquals("[]", nano.ask("/api/embed", "{\"model\":\"letters\"}").path("embeddings").toString());
        assertEquals("[]",
                nano.ask("/api/embeddings", "{\"model\":\"letters\",\"prompt\":\"\"}").path("embedding").toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "/api/embed | {\"input\":\"a\"} | 400 | model is missing",
            "/api/embed | {\"model\":\"other\",\"input\":\"a\"} | 404 | letters",
            "/api/embed | {\"model\":\"letters\",\"input\":[1]} | 400 | token ids",
            "/api/embed | {\"model\":\"letters\",\"input\":\"a\",\"dimensions\":2} | 400 | cannot be shortened",
            "/api/embed | {\"model\":\"letters\",\"truncate\":true,\"input\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"
                    + " | 400 | 43 tokens of 40",
            "/api/embeddings | {\"model\":\"letters\",\"prompt\":[\"a\"]} | 400 | prompt must be a string"})
    void whatOllamasClientsAreRefused(String path, String body, int code, String word) throws Exception {
        HttpResponse<String> answer = nano.post(path, body);
        assertEquals(code, answer.statusCode(), answer::body);
        assertTrue(Nano.JSON.readTree(answer.body()).path("error").asText().contains(word), answer::body);
    }

    @Test
    void ollamasListsHaveIt() throws Exception {
        for (String path : List.of("/api/tags", "/api/ps")) {
            assertEquals("letters:latest", Nano.JSON.readTree(nano.get(path).body()).at("/models/1/name").asText());
        }
        JsonNode facts = nano.ask("/api/show", "{\"model\":\"letters\"}");
        assertEquals("[\"embedding\"]", facts.path("capabilities").toString());
        assertEquals(3, facts.at("/model_info/bert.embedding_length").asInt());
        assertEquals(CONTEXT, facts.at("/model_info/bert.context_length").asInt());
    }
}
