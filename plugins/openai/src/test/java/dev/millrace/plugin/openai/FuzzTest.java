/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAccumulator;
import org.junit.jupiter.api.Test;

/**
 * Random and mutated requests: each is answered, none with 500. As many as the system property {@code millrace.fuzz} says, from
 * the seed {@code millrace.fuzz.seed}.
 */
class FuzzTest {

    private static final Map<String, List<String>> SEEDS = Map.of("/v1/chat/completions",
            List.of(Nano.chat("Bye", "\"stream\":true,\"top_p\":0.5,\"stream_options\":{\"include_usage\":true}"),
                    Nano.chat("Bye", "\"seed\":1,\"tools\":" + Nano.TOOLS),
                    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"assistant\","
                            + "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
                            + "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"}]}"),
            "/v1/responses",
            List.of("{\"input\":\"Bye\",\"stream\":true,\"reasoning\":{\"effort\":\"low\"}}",
                    "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]},{\"type\":\"function_call\","
                            + "\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":\"a\","
                            + "\"output\":\"1\"}],\"metadata\":{\"a\":\"b\"},\"text\":{\"format\":{\"type\":\"text\"}}}"),
            "/v1/messages",
            List.of("{\"max_tokens\":2,\"system\":[{\"type\":\"text\",\"text\":\"x\"}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
                    + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}]},"
                    + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":\"1\"}]}]}"),
            "/api/chat",
            List.of("{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"options\":{\"temperature\":0}}"),
            "/api/generate", List.of("{\"model\":\"nano\",\"prompt\":\"Bye\",\"stream\":false,\"options\":{}}"),
            "/v1/completions",
            List.of("{\"prompt\":[\"x\",\"y\"],\"n\":1,\"logprobs\":1,\"echo\":false,\"stream\":true,\"stop\":[\"z\"],"
                    + "\"logit_bias\":{\"1\":2},\"guided_choice\":[\"a\",\"b\"]}"),
            "/tokenize",
            List.of("{\"content\":\"x\",\"with_pieces\":true}"), "/detokenize", List.of("{\"tokens\":[1,2,3]}"));
    private static final List<String> VALUES = List.of("null", "true", "0", "-1", "1e999", "0.1",
            "99999999999999999999",
            "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "\"<|im_end|>\"", "[]", "{}", "[[[[[]]]]]", "{\"a\":null}",
            "[null]",
            "\"auto\"", "\"none\"", "\"nano\"", "-0.0", "2147483648");

    private static final int REQUESTS = Integer.getInteger("millrace.fuzz", 400);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", 1);
    /** Clients that ask at the same time. */
    private static final int CLIENTS = 8;
    private static final List<String> PATHS = SEEDS.keySet().stream().sorted().toList();

    private final Map<Integer, Integer> statuses = new ConcurrentSkipListMap<>();
    private final LongAccumulator slowest = new LongAccumulator(Math::max, 0);

    @Test
    void everyRequestIsAnswered() throws Exception {
        AtomicInteger next = new AtomicInteger();
        try (Nano nano = new Nano(); ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                all.add(clients.submit(() -> {
                    for (int number = next.getAndIncrement(); number < REQUESTS; number = next.getAndIncrement()) {
                        new Request(number).send(nano);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertEquals(0, nano.gauge("millrace_server_answers_running"));
            assertEquals(200, nano.get("/health").statusCode());
        }
        System.out.println("FUZZ: " + REQUESTS + " requests from seed " + SEED + ", by status " + statuses
                + ", the slowest " + slowest.get() / 1_000_000 + " ms");
        int good = statuses.getOrDefault(200, 0);
        assertTrue(good > REQUESTS / 20, "only " + good + " of " + REQUESTS + " were understood");
    }

    /** One request: its number and the seed say what it is, whoever sends it. */
    private final class Request {

        private final int number;
        private final Random random;

        Request(int number) {
            this.number = number;
            this.random = new Random(SEED * 1_000_003 + number);
        }

        void send(Nano nano) throws Exception {
            String path = PATHS.get(random.nextInt(PATHS.size()));
            List<String> seeds = SEEDS.getOrDefault(path, List.of());
            byte[] body = random.nextInt(20) == 0 ? noise() : mutated(seeds.get(random.nextInt(seeds.size())));
            String target = random.nextInt(50) == 0 ? "/" + Integer.toHexString(random.nextInt()) : path;
            String method = random.nextInt(50) == 0 ? "PUT" : "POST";
            long start = System.nanoTime();
            // a request that hangs ends the test: the client waits two minutes and no longer
            HttpResponse<String> answer = nano
                    .send(nano.request(target).method(method, HttpRequest.BodyPublishers.ofByteArray(body)));
            slowest.accumulate(System.nanoTime() - start);
            int status = answer.statusCode();
            assertTrue(status == 200 || (status >= 400 && status < 500), () -> number + ": " + target + " " + status
                    + " " + answer.body() + " to " + new String(body, StandardCharsets.UTF_8));
            statuses.merge(status, 1, Integer::sum);
        }

        /** Bytes that mean nothing. */
        private byte[] noise() {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            return bytes;
        }

        private byte[] mutated(String seed) throws Exception {
            ObjectNode request = (ObjectNode) Nano.JSON.readTree(seed);
            for (int i = random.nextInt(4); i > 0; i--) {
                mutate(request);
            }
            // answers are not what is tested here
            request.put("max_tokens", 2).put("max_output_tokens", 2);
            if (request.has("options") && request.get("options") instanceof ObjectNode options) {
                options.put("num_predict", 2);
            }
            byte[] body = Nano.JSON.writeValueAsString(request).getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(10) == 0) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            } else if (random.nextInt(30) == 0) {
                body = Arrays.copyOf(body, random.nextInt(body.length));
            }
            return body;
        }

        /** Replaces, removes, doubles or adds something at a random place. */
        private void mutate(ObjectNode request) throws Exception {
            List<JsonNode> places = new ArrayList<>();
            collect(request, places);
            JsonNode value = Nano.JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
            switch (places.get(random.nextInt(places.size()))) {
                case ObjectNode object -> {
                    List<String> names = new ArrayList<>();
                    object.fieldNames().forEachRemaining(names::add);
                    String name = names.isEmpty() || random.nextInt(6) == 0
                            ? "f" + random.nextInt(9)
                            : names.get(random.nextInt(names.size()));
                    if (random.nextInt(4) == 0) {
                        object.remove(name);
                    } else {
                        object.set(name, value);
                    }
                }
                case ArrayNode array -> {
                    if (array.isEmpty() || random.nextBoolean()) {
                        array.add(value);
                    } else if (random.nextBoolean()) {
                        array.remove(random.nextInt(array.size()));
                    } else {
                        array.add(array.get(0).deepCopy());
                    }
                }
                default -> throw new IllegalStateException("Only objects and arrays are places.");
            }
        }
    }

    private static void collect(JsonNode node, List<JsonNode> places) {
        if (node.isContainerNode()) {
            places.add(node);
            node.forEach(child -> collect(child, places));
        }
    }
}
