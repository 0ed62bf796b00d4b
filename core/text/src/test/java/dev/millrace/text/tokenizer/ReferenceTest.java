/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource.HuggingFace;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Small vocabularies of every kind with ids and texts from the library tokenizers 0.23.2: {@code ids} with control tokens,
 * {@code plain} with {@code encode_special_tokens}.
 */
class ReferenceTest {

    @TestFactory
    Stream<DynamicTest> givesTheIdsAndTextsOfTheReference() {
        List<?> files = (List<?>) Objects.requireNonNull(Json.parse(Nano.resource("reference.json")));
        return files.stream().map(file -> (Map<?, ?>) file)
                .map(file -> dynamicTest((String) file.get("name"), () -> check(file)));
    }

    private static void check(Map<?, ?> file) {
        PromptTokenizer tokenizer = Tokenizers.of(new HuggingFace(Json.write(file.get("tokenizer")), "<s>", "</s>"));
        List<?> cases = (List<?>) Objects.requireNonNull(file.get("cases"));
        assertFalse(cases.isEmpty());
        for (Object each : cases) {
            Map<?, ?> map = (Map<?, ?>) each;
            String text = (String) Objects.requireNonNull(map.get("text"));
            int[] ids = ids(map.get("ids"));
            assertArrayEquals(ids, tokenizer.encodeWithControl(text), text);
            assertEquals(map.get("decoded"), tokenizer.decode(ids), text);
            if (map.containsKey("plain")) {
                assertArrayEquals(ids(map.get("plain")), tokenizer.encode(text), text);
            }
        }
    }

    private static int[] ids(@Nullable Object list) {
        return ((List<?>) Objects.requireNonNull(list)).stream().mapToInt(id -> ((Long) id).intValue()).toArray();
    }
}
