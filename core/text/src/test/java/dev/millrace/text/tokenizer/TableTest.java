/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.model.VocabularySource.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What the kinds of GGUF vocabularies do, on examples small enough to work out by hand. */
class TableTest {

    @Test
    void ignoreMergesTakesAWholePreTokenFirst() {
        List<String> normal = List.of("Croatia", "ti");
        List<String> merges = List.of("t i");
        assertArrayEquals(new int[]{256},
                Tokenizers.of(TinyTables.byteLevel("lfm2", normal, List.of(), List.of(), merges))
                        .encode("Croatia"));
        assertArrayEquals(new int[]{'C', 'r', 'o', 'a', 257, 'a'},
                Tokenizers.of(TinyTables.byteLevel("qwen2", normal, List.of(), List.of(), merges)).encode("Croatia"));
    }

    @Test
    void mergesThroughASymbolThatIsNoToken() {
        // "ab" is not in the vocabulary, "abc" is
        Table table = TinyTables.byteLevel("gpt-2", List.of("abc"), List.of(), List.of(), List.of("a b", "ab c"));
        PromptTokenizer tokenizer = Tokenizers.of(table);
        assertArrayEquals(new int[]{256}, tokenizer.encode("abc"));
        assertArrayEquals(new int[]{'a', 'b', 'd'}, tokenizer.encode("abd"));
    }

    @Test
    void earlierMergesComeFirst() {
        Table table = TinyTables.byteLevel("gpt-2", List.of("ab", "bc"), List.of(), List.of(), List.of("b c", "a b"));
        assertArrayEquals(new int[]{'a', 257}, Tokenizers.of(table).encode("abc"));
    }

    @Test
    void longPreTokensMergeLikeShortOnes() {
        List<String> normal = List.of("ab", "abab", "ba", "bb");
        List<String> merges = List.of("a b", "ab ab", "b a", "b b");
        PromptTokenizer tokenizer = Tokenizers.of(TinyTables.byteLevel("gpt-2", normal, List.of(), List.of(), merges));
        java.util.Random random = new java.util.Random(41);
        for (int n = 0; n < 300; n++) {
            StringBuilder text = new StringBuilder();
            int length = 40 + random.nextInt(200);
            for (int i = 0; i < length; i++) {
                text.append(random.nextInt(3) == 0 ? 'b' : 'a');
            }
            List<String> symbols = new ArrayList<>(List.of(text.toString().split("")));
            mergeNaively(symbols, merges);
            int[] expected = symbols.stream().mapToInt(s -> tokenizer.id(s).orElseThrow()).toArray();
            assertArrayEquals(expected, tokenizer.encode(text.toString()));
        }
    }

    private static void mergeNaively(List<String> symbols, List<String> merges) {
        while (true) {
            int best = merges.size();
            int at = -1;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                int rank = merges.indexOf(symbols.get(i) + " " + symbols.get(i + 1));
                if (rank >= 0 && rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (at < 0) {
                return;
            }
            symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
        }
    }

    @Test
    void aByteWithoutATokenIsLeftOut() {
        Table full = TinyTables.byteLevel("gpt-2", List.of("xy"), List.of(), List.of(), List.of("x y"));
        List<String> tokens = new ArrayList<>(full.tokens());
        tokens.set('b', "nothing spells this");
        PromptTokenizer tokenizer = Tokenizers
                .of(new Table("gpt2", "gpt-2", tokens, new int[0], new float[0], full.merges(),
                        OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        assertArrayEquals(new int[]{'a', 'c', 256}, tokenizer.encode("abcxy"));
    }

    @Test
    void sentencePieceJoinsByScore() {
        List<String> tokens = new ArrayList<>(
                List.of("<unk>", "<s>", "</s>", "▁", "a", "b", "c", "▁a", "ab", "bc", "▁ab"));
        float[] scores = new float[tokens.size() + 256];
        scores[7] = -3;
        scores[8] = -2;
        scores[9] = -1;
        scores[10] = -4;
        for (int b = 0; b < 256; b++) {
            tokens.add(Fallback.spelling(b));
        }
        PromptTokenizer tokenizer = Tokenizers.of(TinyTables.scored("llama", true, tokens, scores));
        assertArrayEquals(new int[]{7, 9}, tokenizer.encode("abc"));
        assertArrayEquals(new int[]{10, 3, 9}, tokenizer.encode("ab bc"));
        assertArrayEquals(new int[]{3, 11 + 0xC3, 11 + 0xA9}, tokenizer.encode("é"));
        assertArrayEquals(new int[]{1, 7, 2, 3, 5}, tokenizer.encodeWithControl("<s>a</s>b"));
        assertTrue(java.util.Arrays.stream(tokenizer.encode("<s>")).noneMatch(tokenizer::isControl));
        for (String text : List.of("abc", " abc", "  é ab", "🌡\n", "", "▁")) {
            String expected = text.replace('▁', ' ');
            assertEquals(expected, tokenizer.decode(tokenizer.encode(text)));
            assertEquals(expected, RoundTripTest.stream(tokenizer, tokenizer.encode(text)));
        }
        PromptTokenizer bare = Tokenizers.of(TinyTables.scored("llama", false, tokens, scores));
        assertArrayEquals(new int[]{4, 9}, bare.encode("abc"));
        assertEquals(" abc", bare.decode(bare.encode(" abc")));
    }

    @Test
    void unigramTakesTheMostProbableSpelling() {
        List<String> tokens = List.of("<unk>", "<s>", "</s>", "▁", "a", "b", "c", "ab", "bc", "▁ab");
        PromptTokenizer tokenizer = Tokenizers
                .of(TinyTables.scored("t5", true, tokens, 0, 0, 0, -1, -2, -2, -2, -2.5f, -3.5f, -4.5f));
        // ▁ a bc = -6.5, ▁ ab c = -5.5, ▁ab c = -6.5
        assertArrayEquals(new int[]{3, 7, 6}, tokenizer.encode("abc"));
        assertArrayEquals(new int[]{3, 0, 4}, tokenizer.encode("zza"));
        assertEquals("abc", tokenizer.decode(3, 7, 6));
    }

    @Test
    void wordPieceTakesTheLongestPieces() {
        List<String> tokens = List.of("<unk>", "<s>", "</s>", "▁hel", "▁help", "lo", "▁!", "p");
        PromptTokenizer tokenizer = Tokenizers.of(TinyTables.scored("bert", true, tokens, new float[8]));
        assertArrayEquals(new int[]{3, 5, 6, 4, 5, 0}, tokenizer.encode("Hello! HÉLPLO helx"));
    }

    @Test
    void refusesWhatItCannotRead() {
        Table good = TinyTables.byteLevel("lfm2", List.of(), List.of(), List.of(), List.of());
        refused("tokenizer.ggml.model", new Table("rwkv", "", good.tokens(), new int[0], new float[0], List.of(),
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        refused("tokenizer.ggml.tokens", new Table("gpt2", "lfm2", List.of(), new int[0], new float[0], List.of(),
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        refused("tokenizer.ggml.pre",
                TinyTables.byteLevel("no-such-split", List.of(), List.of(), List.of(), List.of()));
        refused("tokenizer.ggml.token_type",
                new Table("gpt2", "lfm2", good.tokens(), new int[3], new float[0], List.of(),
                        OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        refused("tokenizer.ggml.scores", new Table("llama", "", good.tokens(), new int[0], new float[3], List.of(),
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        refused("tokenizer.ggml.scores", new Table("llama", "", good.tokens(), new int[0], new float[0], List.of(),
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false));
        refused("tokenizer.ggml.bos_token_id",
                new Table("gpt2", "lfm2", good.tokens(), new int[0], new float[0], List.of(),
                        OptionalInt.of(256), OptionalInt.empty(), OptionalInt.empty(), false));
        for (String merge : List.of("", " ", "ab", "a ", " b", "a")) {
            refused("tokenizer.ggml.merges",
                    TinyTables.byteLevel("lfm2", List.of(), List.of(), List.of(), List.of(merge)));
        }
    }

    private static void refused(String key, Table table) {
        String message = String.valueOf(assertThrows(MillraceException.class, () -> Tokenizers.of(table)).getMessage());
        assertTrue(message.startsWith(key), message);
    }
}
