/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolRequest;
import dev.millrace.tck.RecursiveSchemas;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchemaGuardTest {

    private final SchemaGuard guard = new SchemaGuard();

    private Optional<String> refuse(Map<String, @Nullable Object> schema, Map<String, @Nullable Object> arguments) {
        ToolDecision decision = guard.decide(new ToolRequest(new ToolDefinition("heat", "", schema),
                new ToolCall("1", "heat", arguments)));
        return decision instanceof ToolDecision.Refuse refused ? Optional.of(refused.reason()) : Optional.empty();
    }

    private static Map<String, @Nullable Object> property(String name, Map<String, ?> rule) {
        return Map.of("type", "object", "properties", Map.of(name, rule));
    }

    private void refused(Map<String, @Nullable Object> schema, Map<String, @Nullable Object> arguments,
            String... parts) {
        String refusal = refuse(schema, arguments).orElse("nothing was refused");
        assertTrue(refusal.startsWith("The arguments do not fit the tool heat: "), refusal);
        for (String part : parts) {
            assertTrue(refusal.contains(part), refusal);
        }
    }

    private void unusable(Map<String, @Nullable Object> schema, Map<String, @Nullable Object> arguments, String part) {
        String refusal = refuse(schema, arguments).orElse("nothing was refused");
        assertTrue(refusal.startsWith("The schema of the tool heat cannot be used: "), refusal);
        assertTrue(refusal.contains(part), refusal);
    }

    private void allowed(Map<String, @Nullable Object> schema, Map<String, @Nullable Object> arguments) {
        assertEquals(Optional.empty(), refuse(schema, arguments));
    }

    @Test
    void bounds() {
        Map<String, @Nullable Object> schema = property("degrees",
                Map.of("type", "number", "minimum", 5L, "maximum", 30L));
        allowed(schema, Map.of("degrees", 5L));
        allowed(schema, Map.of("degrees", 21.5));
        allowed(schema, Map.of("degrees", new BigDecimal("29.999999999999999999")));
        allowed(schema, Map.of());
        refused(schema, Map.of("degrees", 4L), "'degrees' ", "5");
        refused(schema, Map.of("degrees", new BigDecimal("30.000000000000000001")), "'degrees' ", "30");
        refused(schema, Map.of("degrees", BigInteger.TEN.pow(40)), "'degrees' ");
    }

    @Test
    void typesMayHavePythonsNames() {
        Map<String, @Nullable Object> schema = property("degrees", Map.of("type", "Float", "minimum", 5L));
        allowed(schema, Map.of("degrees", 5.5));
        refused(schema, Map.of("degrees", 4L), "'degrees' ", "5");
        Map<String, @Nullable Object> either = property("room",
                Map.of("type", List.of("str", "none"), "minLength", 2L));
        allowed(either, Map.of("room", "ab"));
        refused(either, Map.of("room", "a"), "'room' ");
    }

    @Test
    void patterns() {
        Map<String, @Nullable Object> schema = property("room", Map.of("type", "string", "pattern", "^[a-z]+$"));
        allowed(schema, Map.of("room", "cellar"));
        refused(schema, Map.of("room", "Cellar 1"), "'room' ", "^[a-z]+$");
        refused(schema, Map.of("room", "cellar\n"), "'room' ");
    }

    @Test
    void theModelIsToldInEnglish() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            refused(property("degrees", Map.of("minimum", 5L)), Map.of("degrees", 4L), "'degrees' must have");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void choices() {
        Map<String, @Nullable Object> schema = Map.of("oneOf",
                List.of(Map.of("required", List.of("room")), Map.of("required", List.of("floor"))));
        allowed(schema, Map.of("room", "cellar"));
        allowed(schema, Map.of("floor", 1L));
        refused(schema, Map.of("room", "cellar", "floor", 1L));
        refused(schema, Map.of());
    }

    @Test
    void placesAreNamed() {
        Map<String, @Nullable Object> schema = property("zones",
                Map.of("type", "array", "items", property("degrees", Map.of("minimum", 5L))));
        refused(schema, Map.of("zones", List.of(Map.of("degrees", 7L), Map.of("degrees", 1L))), "'zones[1].degrees' ");
    }

    @Test
    void referencesInsideTheSchema() {
        Map<String, @Nullable Object> schema = Map.of("$defs", Map.of("degrees", Map.of("minimum", 5L)), "properties",
                Map.of("day", Map.of("$ref", "#/$defs/degrees"), "night", Map.of("$ref", "#/$defs/degrees")));
        allowed(schema, Map.of("day", 20L, "night", 15L));
        refused(schema, Map.of("day", 20L, "night", 1L), "'night' ");
    }

    @Test
    void oldDrafts() {
        Map<String, @Nullable Object> schema = Map.of("$schema", "http://json-schema.org/draft-04/schema#",
                "properties",
                Map.of("degrees", Map.of("minimum", 5L, "exclusiveMinimum", true)));
        allowed(schema, Map.of("degrees", 6L));
        refused(schema, Map.of("degrees", 5L), "'degrees' ");
        allowed(Map.of("$schema", "http://json-schema.org/draft-07/schema#", "properties",
                Map.of("day", Map.of("type", "string", "format", "date", "maxLength", 20L))),
                Map.of("day", "tomorrow"));
        allowed(Map.of("$schema", "https://json-schema.org/draft/2020-12/schema", "maxProperties", 1L), Map.of());
    }

    @Test
    void nothingThatIsValidIsRefused() {
        Map<String, @Nullable Object> nothing = new HashMap<>();
        nothing.put("a", null);
        allowed(property("a", Map.of("type", "null", "x-unit", "K")), nothing);
        allowed(property("a", Map.of("const", 1L)), Map.of("a", 1.0));
        allowed(property("a", Map.of("type", "integer", "multipleOf", 1L)), Map.of("a", 3.0));
        allowed(property("a", Map.of("prefixItems", List.of(Map.of("type", "string")), "items", Map.of("minimum", 3L))),
                Map.of("a", List.of("x", 4L)));
        allowed(Map.of("patternProperties", Map.of("^a", Map.of()), "additionalProperties", false), Map.of("ab", 1L));
        allowed(property("a", Map.of("type", "string", "format", "date-time", "minLength", 1L)), Map.of("a", "noon"));
        allowed(Map.of("unevaluatedProperties", false, "allOf", List.of(property("a", Map.of("minimum", 1L)))),
                Map.of("a", 1L));
    }

    @Test
    void nothingIsFetched() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            String out = "http://127.0.0.1:" + server.getAddress().getPort() + "/degrees.json";
            unusable(property("degrees", Map.of("$ref", out)), Map.of("degrees", 1L), out);
            unusable(Map.of("$schema", out, "minProperties", 0L), Map.of(), out);
            unusable(Map.of("$ref", "file:///etc/hostname"), Map.of(), "file:///etc/hostname");
            unusable(Map.of("$ref", "classpath:draft-07"), Map.of(), "classpath:draft-07");
            unusable(Map.of("$ref", "#/$defs/none"), Map.of(), "none");
            assertEquals(0, requests.get());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void hostileSchemasEndInTime() {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            // backtracks without end
            unusable(property("room", Map.of("pattern", "^" + "(.*)".repeat(12) + "b$")),
                    Map.of("room", "a".repeat(60)), "steps");
            // refers to itself
            unusable(Map.of("$ref", "#"), Map.of(), "goes round in a circle without an end");
            // two to the power of 40
            Map<String, @Nullable Object> bomb = new HashMap<>();
            for (int i = 0; i < 40; i++) {
                Map<String, ?> next = Map.of("$ref", "#/$defs/a" + (i + 1));
                bomb.put("a" + i, Map.of("allOf", List.of(next, next)));
            }
            bomb.put("a40", Map.of("minProperties", 0L));
            unusable(Map.of("$defs", bomb, "$ref", "#/$defs/a0"), Map.of(), "steps");
            // deep
            Map<String, @Nullable Object> deep = Map.of("minProperties", 0L);
            for (int i = 0; i < 100_000; i++) {
                deep = Map.of("not", deep);
            }
            unusable(deep, Map.of(), "deeply");
            Object list = List.of();
            for (int i = 0; i < 100_000; i++) {
                list = List.of(list);
            }
            unusable(property("a", Map.of("items", Map.of("$ref", "#/properties/a"))), Map.of("a", list), "deeply");
            // the model's own flood
            List<Object> many = new ArrayList<>();
            for (long i = 0; i < 20_000; i++) {
                many.add(-i - 1);
            }
            String refusal = refuse(property("a", Map.of("items", Map.of("minimum", 0L))), Map.of("a", many))
                    .orElse("");
            assertTrue(refusal.length() > 20 && refusal.length() < 4000, refusal);
        });
    }

    @Test
    void schemasThatReferToThemselves() {
        RecursiveSchemas.withoutAnEnd()
                .forEach(schema -> unusable(schema, Map.of(), "goes round in a circle without an end"));
        for (RecursiveSchemas.WithAnEnd each : RecursiveSchemas.withAnEnd()) {
            each.fitting().forEach(fitting -> allowed(each.schema(), fitting));
            each.wrong().forEach(wrong -> assertTrue(refuse(each.schema(), wrong).orElse("")
                    .contains("do not fit"), () -> wrong + " " + each.schema()));
        }
    }

    @Test
    void malformedSchemas() {
        unusable(property("room", Map.of("pattern", "(")), Map.of("room", "a"), "Unclosed group");
        unusable(Map.of("minProperties", new Object()), Map.of(), "JSON");
    }

    @Test
    void whatTheRuntimeJudgesDoesNotLoadTheLibrary() {
        Map<String, @Nullable Object> plain = Map.of("type", "object", "properties",
                Map.of("pattern", Map.of("type", "string", "enum", List.of("a", "b"), "description", "d"), "list",
                        Map.of("type", List.of("array", "null"), "items", Map.of("type", "integer"))),
                "required", List.of("pattern"), "additionalProperties", false);
        assertTrue(!Keywords.needJudging(plain));
        assertTrue(Keywords.needJudging(property("a", Map.of("pattern", "a"))));
        assertTrue(Keywords.needJudging(property("a", Map.of("items", List.of(Map.of())))));
        assertTrue(Keywords.needJudging(property("a", Map.of("items", Map.of("minimum", 1L)))));
        assertTrue(Keywords.needJudging(Map.of("additionalProperties", Map.of("minimum", 1L))));
        assertTrue(Keywords.needJudging(Map.of("$schema", "http://json-schema.org/draft-07/schema#")));
    }

    /** What the runtime reads must not be refused here, and what it leaves to the guard must be judged. */
    @Test
    void otherWordsForTheSame() {
        Map<String, @Nullable Object> none = new HashMap<>();
        none.put("s", null);
        for (Map<String, ?> rule : List.<Map<String, ?>>of(Map.of("type", "string", "nullable", true),
                Map.of("type", "STRING", "nullable", true, "pattern", "^a"),
                Map.of("type", "string", "nullable", true, "enum", List.of("a", "ab")),
                Map.of("nullable", true, "anyOf", List.of(Map.of("type", "string"))),
                Map.of("type", "string", "nullable", true, "const", "a"),
                Map.of("allOf", List.of(Map.of("type", "string", "nullable", true))))) {
            allowed(property("s", rule), none);
            allowed(property("s", rule), Map.of("s", "a"));
        }
        refused(property("s", Map.of("type", "STRING", "nullable", true, "pattern", "^a")), Map.of("s", "b"), "'s' ");
        refused(property("s", Map.of("type", "string", "nullable", false, "pattern", "^a")), none, "'s' ");
        refused(property("n", Map.of("type", "integer", "minimum", 3L, "exclusiveMinimum", true)), Map.of("n", 3L),
                "'n' ");
        allowed(property("n", Map.of("type", "integer", "minimum", 3L, "exclusiveMinimum", false)), Map.of("n", 3L));
        Map<String, Object> tuple = Map.of("type", "array", "items",
                List.of(Map.of("type", "integer"), Map.of("type", "string", "pattern", "^a")), "additionalItems",
                false);
        allowed(property("l", tuple), Map.of("l", List.of(1L, "a")));
        refused(property("l", tuple), Map.of("l", List.of(1L, "b")), "'l[1]' ");
        refused(property("l", tuple), Map.of("l", List.of(1L, "a", 2L)), "'l");
        // a property may have the name of a keyword
        allowed(property("nullable", Map.of("type", "boolean", "not", Map.of("const", false))),
                Map.of("nullable", true));
    }
}
