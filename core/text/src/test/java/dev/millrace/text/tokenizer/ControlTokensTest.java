/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.VocabularySource.HuggingFace;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ControlTokensTest {

    private final PromptTokenizer nano = Nano.tokenizer();

    @Test
    void plainTextNeverGivesControlTokens() {
        String text = "<|im_end|><think>x</think>";
        int[] ids = nano.encode(text);
        assertTrue(Arrays.stream(ids).noneMatch(nano::isControl));
        assertEquals(text, nano.decode(ids));
        assertArrayEquals(new int[]{4, 11}, Arrays.copyOf(nano.encodeWithControl(text), 2));
    }

    @Test
    void promptsRecogniseControlTokensInTrustedTextOnly() {
        PromptText prompt = PromptText.builder().trusted("<|im_start|>user\n").inert("<|im_end|>")
                .trusted("<|im_end|>\n")
                .build();
        assertEquals("<|im_start|>user\n<|im_end|><|im_end|>\n", prompt.text());
        int[] ids = nano.encode(prompt);
        assertEquals(1, Arrays.stream(ids).filter(id -> id == 4).count());
        assertEquals(3, ids[0]);
        assertEquals(prompt.text(), nano.decode(ids));
    }

    @Test
    void noControlTokenReachesAcrossASeam() {
        for (int cut = 1; cut < "<|im_end|>".length(); cut++) {
            String head = "<|im_end|>".substring(0, cut);
            String tail = "<|im_end|>".substring(cut);
            assertArrayEquals(nano.encode("<|im_end|>"),
                    nano.encode(PromptText.builder().trusted(head).inert(tail).build()));
            assertArrayEquals(nano.encode("<|im_end|>"),
                    nano.encode(PromptText.builder().inert(head).trusted(tail).build()));
            assertArrayEquals(new int[]{4}, nano.encode(PromptText.builder().trusted(head).trusted(tail).build()));
        }
    }

    @Test
    void inertTextCannotHideTheControlTokenBehindIt() {
        PromptTokenizer tokenizer = Tokenizers
                .of(TinyTables.byteLevel("gpt-2", List.of(), List.of("<s>", "<<s>"), List.of(),
                        List.of()));
        PromptText prompt = PromptText.builder().inert("<").trusted("<s>").build();
        assertArrayEquals(new int[]{'<', 256}, tokenizer.encode(prompt));
        assertArrayEquals(new int[]{257}, tokenizer.encodeWithControl("<<s>"));
    }

    @Test
    void mergesRunAcrossTheSeam() {
        Random random = new Random(31);
        for (int n = 0; n < 1000; n++) {
            String text = RandomText.next(random);
            PromptText.Builder prompt = PromptText.builder();
            for (int at = 0; at < text.length();) {
                int end = at + 1 + random.nextInt(text.length() - at);
                if (end < text.length() && Character.isLowSurrogate(text.charAt(end))) {
                    end++;
                }
                if (random.nextBoolean()) {
                    prompt.trusted(text.substring(at, end));
                } else {
                    prompt.inert(text.substring(at, end));
                }
                at = end;
            }
            assertArrayEquals(nano.encode(text), nano.encode(prompt.build()), text);
        }
    }

    @Test
    void promptTextKnowsWhatIsTrusted() {
        PromptText prompt = PromptText.builder().inert("ab").inert("").inert("c").trusted("de").trusted("f").inert("g")
                .build();
        assertFalse(prompt.isTrusted(0, 1));
        assertFalse(prompt.isTrusted(2, 4));
        assertTrue(prompt.isTrusted(3, 6));
        assertTrue(prompt.isTrusted(4, 5));
        assertFalse(prompt.isTrusted(3, 7));
        assertFalse(prompt.isTrusted(6, 7));
        assertTrue(PromptText.trusted("x").isTrusted(0, 1));
        assertFalse(PromptText.inert("x").isTrusted(0, 1));
    }

    @Test
    void userDefinedTokensAreTextAndMatchAlways() {
        PromptTokenizer tokenizer = Tokenizers.of(TinyTables.byteLevel("gpt-2", List.of(), List.of("<c>"),
                List.of("  ", "    ", "tool"), List.of()));
        assertArrayEquals(new int[]{258, 257, 'x', 259, 's'}, tokenizer.encode("      xtools"));
        assertArrayEquals(new int[]{'<', 'c', '>'}, tokenizer.encode("<c>"));
        assertFalse(tokenizer.isControl(257));
        assertEquals("      xtools", tokenizer.decode(tokenizer.encode("      xtools")));
    }

    /** As in Qwen's vocabularies, where {@code <|im_end|>} is special and {@code <tool_call>} is not. */
    @Test
    void marksThatAreNotSpecialAreWordsInInertTextToo() {
        String text = "<tool_call><|im_end|>";
        PromptTokenizer gguf = Tokenizers.of(TinyTables.byteLevel("gpt-2", List.of(), List.of("<|im_end|>"),
                List.of("<tool_call>"), List.of()));
        PromptTokenizer file = Tokenizers.of(new HuggingFace(Nano.resource("nano-tokenizer.json").replace(
                "\"added_tokens\"", "\"added_tokens\": [" + added(700, "<tool_call>", false) + ", "
                        + added(701, "<|im_end|>", true) + "], \"earlier_tokens\""),
                "", ""));
        for (PromptTokenizer each : List.of(gguf, file)) {
            int mark = each.id("<tool_call>").orElseThrow();
            int end = each.id("<|im_end|>").orElseThrow();
            assertFalse(each.isControl(mark));
            assertTrue(each.isControl(end));
            for (int[] ids : List.of(each.encode(text), each.encode(PromptText.inert(text)))) {
                assertEquals(mark, ids[0]);
                assertTrue(Arrays.stream(ids).noneMatch(each::isControl), Arrays.toString(ids));
                assertEquals(text, each.decode(ids));
            }
            assertArrayEquals(new int[]{mark, end}, each.encode(PromptText.trusted(text)));
        }
    }

    private static String added(int id, String content, boolean special) {
        return "{\"id\": " + id + ", \"content\": \"" + content + "\", \"single_word\": false, \"lstrip\": false, "
                + "\"rstrip\": false, \"normalized\": false, \"special\": " + special + "}";
    }

    @Test
    void theLongestTokenWinsEvenFurtherRight() {
        PromptTokenizer tokenizer = Tokenizers
                .of(TinyTables.byteLevel("gpt-2", List.of(), List.of("abc", "cdefg", "bc"), List.of(),
                        List.of()));
        assertArrayEquals(new int[]{'a', 'b', 257}, tokenizer.encodeWithControl("abcdefg"));
        assertArrayEquals(new int[]{256, 'd'}, tokenizer.encodeWithControl("abcd"));
        assertArrayEquals(new int[]{258}, tokenizer.encodeWithControl("bc"));
    }

    @Test
    void manyOverlappingTokensEndInTime() {
        List<String> tokens = new java.util.ArrayList<>();
        for (int n = 1; n <= 200; n++) {
            tokens.add("a".repeat(n));
        }
        PromptTokenizer tokenizer = Tokenizers
                .of(TinyTables.byteLevel("gpt-2", List.of(), tokens, List.of(), List.of()));
        int[] ids = tokenizer.encodeWithControl("a".repeat(100_003));
        assertEquals(500 + 1, ids.length);
        assertEquals(255 + 3, ids[500]);
    }
}
