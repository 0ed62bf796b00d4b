/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.spi.text.DialectEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What LFM2 models write, and what must be read out of it. Skipped where the reference data is absent. */
class GoldenCallsTest {

    private static final Lfm2Dialect DIALECT = new Lfm2Dialect();

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        Path file = Path.of(System.getProperty("millrace.shared", ""), "golden", "tool-calls.json");
        assumeTrue(Files.isRegularFile(file), "no reference data");
        List<?> cases = assertInstanceOf(List.class, Json.parse(Files.readString(file)));
        assertFalse(cases.isEmpty());
        return cases.stream().map(each -> (Map<?, ?>) each)
                .map(each -> DynamicTest.dynamicTest(String.valueOf(each.get("id")), () -> check(each)));
    }

    private static void check(Map<?, ?> each) {
        String text = String.valueOf(each.get("text"));
        List<DialectEvent> whole = Streams.events(DIALECT, text);
        assertEquals(each.get("expected"), json(ParsedAnswer.of(whole)));
        assertEquals(json(ParsedAnswer.of(DIALECT, text)), json(ParsedAnswer.of(whole)));
        for (int first = 0; first <= text.length(); first++) {
            assertEquals(whole, Streams.events(DIALECT, Streams.cut(text, first)), "cut at " + first);
            for (int second = first; second <= text.length() && text.length() <= 150; second++) {
                assertEquals(whole, Streams.events(DIALECT, Streams.cut(text, first, second)),
                        "cut at " + first + " and " + second);
            }
        }
        assertEquals(whole, Streams.events(DIALECT, Streams.characters(text)));
    }

    private static Map<String, @Nullable Object> json(ParsedAnswer answer) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("reasoning", answer.reasoning());
        map.put("content", answer.content());
        map.put("calls", answer.calls().stream().map(GoldenCallsTest::json).toList());
        return map;
    }

    private static Map<String, @Nullable Object> json(ToolCall call) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("name", call.name());
        map.put("arguments", call.arguments());
        return map;
    }
}
