/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NanoTest {

    static List<VocabularySource> sources() {
        return Nano.sources();
    }

    @ParameterizedTest
    @MethodSource("sources")
    void givesTheIdsAndTextsOfTheReference(VocabularySource source) {
        PromptTokenizer tokenizer = Tokenizers.of(source);
        List<?> vectors = (List<?>) Objects.requireNonNull(Json.parse(Nano.resource("nano-vectors.json")));
        assertTrue(vectors.size() >= 28);
        for (Object vector : vectors) {
            Map<?, ?> map = (Map<?, ?>) vector;
            String text = (String) Objects.requireNonNull(map.get("text"));
            int[] ids = ids(Objects.requireNonNull(map.get("ids")));
            assertArrayEquals(ids, tokenizer.encodeWithControl(text), text);
            assertEquals(map.get("decoded"), tokenizer.decode(ids), text);
            int[] withBos = ids(Objects.requireNonNull(map.get("with_bos")));
            assertArrayEquals(withBos, tokenizer.encodeWithControl("<|startoftext|>" + text), text);
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void knowsItsTokens(VocabularySource source) {
        PromptTokenizer tokenizer = Tokenizers.of(source);
        assertEquals(2048, tokenizer.size());
        assertEquals(OptionalInt.of(1), tokenizer.bos());
        assertEquals(OptionalInt.of(4), tokenizer.eos());
        assertEquals(OptionalInt.of(11), tokenizer.id("<think>"));
        assertEquals(OptionalInt.of(233), tokenizer.id("Ġ"));
        assertEquals(OptionalInt.empty(), tokenizer.id("no such token"));
        assertTrue(tokenizer.isControl(11));
        assertFalse(tokenizer.isControl(233));
        assertFalse(tokenizer.isControl(-1));
        assertFalse(tokenizer.isControl(1 << 20));
    }

    private static int[] ids(Object list) {
        return ((List<?>) list).stream().mapToInt(id -> ((Long) id).intValue()).toArray();
    }
}
