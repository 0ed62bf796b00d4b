/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.State;
import dev.millrace.grammar.schema.Notation;
import dev.millrace.grammar.schema.SchemaGrammar;
import dev.millrace.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Masks for a vocabulary of 128 000 tokens that is made up. {@code perToken} writes one value by a grammar that was never used
 * before, token by token, and so pays for everything that a conversation pays for; its time is that of the whole value.
 * {@code firstOfTools} makes the grammar of 67 tools and its first mask.
 */
@org.openjdk.jmh.annotations.State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class MaskBenchmark {

    private static final int VOCABULARY = 128_000;
    private static final int TOOLS = 67;

    private static final Map<String, Object> SCHEMA = Map.of("type", "object", "properties", ordered("name",
            Map.of("type", "string"), "age", Map.of("type", "integer", "minimum", 0, "maximum", 130), "kind",
            Map.of("enum", List.of("pump", "valve", "motor")), "tags",
            Map.of("type", "array", "items", Map.of("type", "string"), "maxItems", 4), "note",
            Map.of("type", "string", "maxLength", 200), "when", Map.of("type", "string", "format", "date-time"),
            "place",
            Map.of("type", "object", "properties",
                    ordered("x", Map.of("type", "number"), "y", Map.of("type", "number")),
                    "required", List.of("x", "y"), "additionalProperties", false)),
            "required", List.of("name", "age", "kind", "tags", "note", "when", "place"), "additionalProperties", false);
    private static final String VALUE = "{\"name\": \"Boiler pump of the west wing\", \"age\": 42, \"kind\": \"pump\", \"tags\": "
            + "[\"hot\", \"west wing\", \"second floor\"], \"note\": \"Runs louder than last winter; look at the bearing before"
            + " the season begins.\", \"when\": \"2026-11-26T08:15:00Z\", \"place\": {\"x\": 12.5, \"y\": -3.25}}";

    /** Work done. */
    @org.openjdk.jmh.annotations.State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Work {
        /** Masks. */
        public long masks;
    }

    private TokenTree tree;
    private int[] tokens;

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public MaskBenchmark() {
    }

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** Makes the vocabulary, and cuts the value into its longest tokens. */
    @Setup(Level.Trial)
    public void start() {
        byte[][] all = vocabulary();
        tree = new TokenTree(all);
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (int i = 0; i < all.length; i++) {
            ids.put(new String(all[i], StandardCharsets.ISO_8859_1), i);
        }
        List<Integer> cut = new ArrayList<>();
        for (int at = 0; at < VALUE.length();) {
            int end = Math.min(VALUE.length(), at + 24);
            while (!ids.containsKey(VALUE.substring(at, end))) {
                end--;
            }
            cut.add(ids.get(VALUE.substring(at, end)));
            at = end;
        }
        tokens = cut.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Words with and without a space, numbers, runs of spaces, and what JSON and programs are written with. */
    private static byte[][] vocabulary() {
        Set<String> texts = new HashSet<>();
        List<byte[]> all = new ArrayList<>();
        for (int b = 0; b < 0xfe; b++) {
            all.add(new byte[]{(byte) b});
        }
        for (int i = 0; i < 1000; i++) {
            texts.add(Integer.toString(i));
            texts.add(" ".repeat(i % 80 + 2));
        }
        String[] marks = "\" \", \": \":\" {\" [\" \"] \"} \"}, ] } }, }} }] () (); => // </ \\n \\\"".split(" ", -1);
        for (String one : marks) {
            for (String two : marks) {
                texts.add(one + two);
                texts.add(" " + one);
            }
        }
        for (String word : VALUE.split("[^A-Za-z]+", -1)) {
            texts.add(word);
            texts.add(" " + word);
        }
        Random random = new Random(11);
        while (texts.size() + all.size() < VOCABULARY) {
            StringBuilder word = new StringBuilder(random.nextInt(5) < 2 ? "" : " ");
            String letters = random.nextInt(4) > 0
                    ? "etaoinshrdlucmfwypvbgkjqxz"
                    : "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443\u044f";
            for (int i = 2 + random.nextInt(9); i > 0; i--) {
                int most = 1 + random.nextInt(letters.length());
                word.append(letters.charAt(random.nextInt(most)));
            }
            texts.add(random.nextInt(20) == 0
                    ? word + "\":"
                    : random.nextInt(12) == 0
                            ? word.toString().toUpperCase(Locale.ROOT)
                            : word.toString());
        }
        texts.stream().filter(text -> !text.isEmpty()).sorted()
                .forEach(text -> all.add(text.getBytes(StandardCharsets.UTF_8)));
        return all.toArray(byte[][]::new);
    }

    private Masks masks(Object schema) {
        Grammar grammar = new Grammar(new Expressions(1_000_000));
        grammar.start(SchemaGrammar.of(schema, grammar,
                Notation.json(grammar.expressions(), List.of("<think>", "</think>", "<|tool_call_start|>"))));
        return new Masks(grammar, tree, Set.of());
    }

    /** Masks of a whole value, one for each token: JMH counts them beside the values. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    public int perToken(Work work) {
        Masks masks = masks(SCHEMA);
        int all = 0;
        State state = masks.start();
        for (int token : tokens) {
            all += masks.of(state).count();
            State next = masks.after(state, token);
            if (next == null) {
                throw new IllegalStateException("The value does not fit its schema.");
            }
            state = next;
        }
        work.masks += tokens.length;
        return all;
    }

    /** What is measured, for other programs: the bytes of all tokens, the schema, and the tokens of the value. */
    String written() {
        List<Object> spellings = new ArrayList<>();
        for (int i = 0; i < tree.vocabularySize(); i++) {
            spellings.add(Base64.getEncoder().encodeToString(tree.spelling(i)));
        }
        List<Object> ids = new ArrayList<>();
        for (int token : tokens) {
            ids.add((long) token);
        }
        return Json.write(Map.of("tokens", spellings, "schema", SCHEMA, "value", ids));
    }

    /** Tokens of the value. */
    int length() {
        return tokens.length;
    }

    /** Writes the value by a new grammar; tells how long that was made, and how long each mask took with the step before. */
    void value(long[] times, int at, long[] grammars, int number) {
        long start = MaskTimes.now();
        Masks masks = masks(SCHEMA);
        State state = masks.start();
        long end = MaskTimes.now();
        grammars[number] = end - start;
        for (int i = 0; i < tokens.length; i++) {
            start = end;
            masks.of(state);
            State next = masks.after(state, tokens[i]);
            if (next == null) {
                throw new IllegalStateException("The value does not fit its schema.");
            }
            state = next;
            end = MaskTimes.now();
            times[at + i] = end - start;
        }
    }

    /** The grammar of 67 tools and its first masks, up to the name of a tool. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    public int firstOfTools() {
        List<Object> calls = new ArrayList<>();
        for (int i = 0; i < TOOLS; i++) {
            calls.add(Map.of("type", "object", "properties", ordered("name", Map.of("const", "tool_" + i), "arguments",
                    Map.of("type", "object", "properties",
                            ordered("device", Map.of("type", "string"), "value_" + i, Map.of("type", "number"), "mode",
                                    Map.of("enum", List.of("auto", "manual", "off"))),
                            "required", List.of("device"), "additionalProperties", false)),
                    "required", List.of("name", "arguments"), "additionalProperties", false));
        }
        Masks masks = masks(Map.of("anyOf", calls));
        return masks.of(masks.start()).count();
    }
}
