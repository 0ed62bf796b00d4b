/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.model.VocabularySource.HuggingFace;
import dev.millrace.spi.model.VocabularySource.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged vocabularies are refused with a sentence or work as described; nothing else happens. */
class HostileTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void mutatedFilesAreRefusedOrWork() {
        List<?> files = (List<?>) Objects.requireNonNull(Json.parse(Nano.resource("reference.json")));
        Random random = new Random(47);
        assertTimeoutPreemptively(PATIENCE, () -> {
            int refused = 0;
            for (int n = 0; n < 1500; n++) {
                Object file = ((Map<?, ?>) Objects.requireNonNull(files.get(random.nextInt(files.size()))))
                        .get("tokenizer");
                if (survives(new HuggingFace(Json.write(mutate(file, random, 6)), "<s>", "</s>"))) {
                    refused++;
                }
            }
            assertTrue(refused > 100);
        });
    }

    @Test
    void randomCharactersAreRefused() {
        String file = Nano.resource("nano-tokenizer.json");
        Random random = new Random(53);
        for (int n = 0; n < 60; n++) {
            char[] chars = file.toCharArray();
            for (int i = random.nextInt(4); i >= 0; i--) {
                chars[random.nextInt(chars.length)] = (char) random.nextInt(n % 2 == 0 ? 128 : 65536);
            }
            survives(new HuggingFace(new String(chars, 0, n % 5 == 0 ? random.nextInt(chars.length) : chars.length), "",
                    ""));
        }
    }

    @Test
    void mutatedTablesAreRefusedOrWork() {
        Random random = new Random(59);
        List<String> models = List.of("gpt2", "gpt2", "gpt2", "llama", "t5", "bert");
        List<String> spellings = List.of("", " ", "a", "Ġ", "ĠĠ", "ab", "é", "<0x41>", "<|c|>", "\uD800", "▁", "🌡",
                "x y", "\0");
        for (int n = 0; n < 3000; n++) {
            List<String> tokens = new ArrayList<>();
            for (int i = random.nextInt(40); i > 0; i--) {
                tokens.add(spellings.get(random.nextInt(spellings.size()))
                        + spellings.get(random.nextInt(spellings.size())));
            }
            int[] types = random.ints(random.nextInt(8) == 0 ? 1 : tokens.size(), -1, 8).toArray();
            float[] scores = new float[random.nextInt(8) == 0 ? 1 : tokens.size()];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = random.nextInt(9) == 0
                        ? Float.NaN
                        : random.nextInt(9) == 0 ? Float.POSITIVE_INFINITY : -random.nextFloat();
            }
            List<String> merges = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                merges.add(spellings.get(random.nextInt(spellings.size())) + " "
                        + spellings.get(random.nextInt(spellings.size())));
            }
            OptionalInt id = random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(50) - 5);
            survives(new Table(models.get(random.nextInt(models.size())), random.nextBoolean() ? "lfm2" : "falcon",
                    tokens,
                    types, scores, merges, id, OptionalInt.empty(), id, random.nextBoolean()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+$", "(a|aa)+$", "(?:a|b|ab)*c", "(a*)*b", "((a*)*)*c", "(.|\\s)*x", "(x+x+)+y",
            "(?:(?:a))*?$b"})
    void endlessExpressionsAreRefusedInTime(String regex) {
        PromptTokenizer tokenizer = Tokenizers.of(new HuggingFace(split(regex), "", ""));
        assertTimeoutPreemptively(PATIENCE, () -> {
            for (String text : List.of("a".repeat(40) + "!", "a".repeat(200_000) + "!", "x".repeat(50_000))) {
                try {
                    assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
                } catch (MillraceException e) {
                    assertTrue(String.valueOf(e.getMessage()).contains("too many steps"), e.getMessage());
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "[", "\\p{NoSuchThing}", "a{2,1}", "(?<n", "*", "\\", "(?P<x>"})
    void malformedExpressionsAreRefused(String regex) {
        String message = String.valueOf(
                assertThrows(MillraceException.class, () -> Tokenizers.of(new HuggingFace(split(regex), "", "")))
                        .getMessage());
        assertTrue(message.startsWith("tokenizer.json.pre_tokenizer.pretokenizers[0].pattern.Regex"), message);
    }

    @Test
    void deeplyNestedExpressionsAreRefused() {
        assertThrows(MillraceException.class,
                () -> Tokenizers.of(new HuggingFace(split("(".repeat(8000) + ")".repeat(8000)), "", "")));
    }

    @Test
    void aLongLineWithoutASpaceTakesNoLongerThanItsLengthAllows() {
        Random random = new Random(61);
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < 1_000_000; i++) {
            line.append((char) ('a' + random.nextInt(26)));
        }
        for (VocabularySource source : Nano.sources()) {
            PromptTokenizer tokenizer = Tokenizers.of(source);
            assertTimeoutPreemptively(PATIENCE,
                    () -> assertEquals(line.toString(), tokenizer.decode(tokenizer.encode(line.toString()))));
            assertTimeoutPreemptively(PATIENCE, () -> tokenizer.encode("a".repeat(1_000_000)));
            assertTimeoutPreemptively(PATIENCE, () -> tokenizer.encode(" ".repeat(1_000_000)));
            assertTimeoutPreemptively(PATIENCE, () -> tokenizer.encode("!".repeat(1_000_000)));
        }
    }

    @Test
    void hugeIdsAreRefused() {
        assertThrows(MillraceException.class, () -> Tokenizers.of(new HuggingFace(
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":2147483647},\"merges\":[]}}", "", "")));
        PromptTokenizer holes = Tokenizers.of(new HuggingFace(
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":5,\"b\":9},\"merges\":[]},\"decoder\":{\"type\":\"Fuse\"}}",
                "", ""));
        assertEquals(10, holes.size());
        assertEquals("ab", holes.decode(holes.encode("ab")));
        assertEquals("", holes.decode(7));
    }

    /** True if the source is refused as it should be. */
    private static boolean survives(VocabularySource source) {
        PromptTokenizer tokenizer;
        try {
            tokenizer = Tokenizers.of(source);
        } catch (MillraceException e) {
            assertTrue(String.valueOf(e.getMessage()).contains(": "), e.getMessage());
            return true;
        }
        for (String text : List.of("The valve's open: 12 °C <s> <|c|> é 🌡\n\n  x", "aaaaab ab", "")) {
            try {
                int[] ids = tokenizer.encodeWithControl(text);
                tokenizer.encode(text);
                assertEquals(tokenizer.decode(ids), RoundTripTest.stream(tokenizer, ids));
            } catch (MillraceException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("too many steps"), e.getMessage());
            }
        }
        return false;
    }

    private static String split(String regex) {
        Map<?, ?> nano = (Map<?, ?>) Objects.requireNonNull(Json.parse(Nano.resource("nano-tokenizer.json")));
        Map<Object, @Nullable Object> file = new LinkedHashMap<>(nano);
        file.put("pre_tokenizer", Map.of("type", "Sequence", "pretokenizers", List.of(
                Map.of("type", "Split", "pattern", Map.of("Regex", regex), "behavior", "Isolated", "invert", false),
                Map.of("type", "ByteLevel", "add_prefix_space", false, "use_regex", false))));
        return Json.write(file);
    }

    private static @Nullable Object mutate(@Nullable Object value, Random random, int depth) {
        if (random.nextInt(12) == 0) {
            return switch (random.nextInt(8)) {
                case 0 -> null;
                case 1 -> random.nextInt(5000) - 10L;
                case 2 -> "";
                case 3 -> true;
                case 4 -> List.of();
                case 5 -> Map.of();
                case 6 -> "ByteLevel";
                default -> -1.5;
            };
        }
        if (value instanceof Map<?, ?> map && depth > 0) {
            Map<Object, @Nullable Object> copy = new LinkedHashMap<>(map);
            List<Object> keys = new ArrayList<>(copy.keySet());
            if (!keys.isEmpty()) {
                Object key = keys.get(random.nextInt(keys.size()));
                if (random.nextInt(6) == 0) {
                    copy.remove(key);
                } else {
                    copy.put(key, mutate(copy.get(key), random, depth - 1));
                }
            }
            return copy;
        }
        if (value instanceof List<?> list && depth > 0 && !list.isEmpty()) {
            List<@Nullable Object> copy = new ArrayList<>(list);
            int index = random.nextInt(copy.size());
            copy.set(index, mutate(copy.get(index), random, depth - 1));
            return copy;
        }
        return value;
    }
}
