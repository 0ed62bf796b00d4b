/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.embeddings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the selector asks of a runtime, and when. */
final class EmbeddingSelectorTest {

    private static final ToolDefinition AB = new ToolDefinition("aab_bb", "aaabbb", Map.of("type", "object"));
    private static final ToolDefinition XY = new ToolDefinition("xxy-yy", "xxxyyy", Map.of("type", "object"));
    private static final List<ToolDefinition> TOOLS = List.of(AB, XY);

    private final FakeRuntime runtime = new FakeRuntime();

    private static List<Message> asked(String... questions) {
        return List.of(questions).stream().map(Message::user).toList();
    }

    private EmbeddingSelector selector(String configured) {
        EmbeddingSelector selector = new EmbeddingSelector(configured);
        selector.joined(runtime);
        return selector;
    }

    @Test
    void whatIsNearestComesFirst() {
        EmbeddingSelector selector = selector("");
        assertEquals(List.of(), runtime.opened);
        assertEquals(List.of(XY, AB), selector.rank(TOOLS, asked("xyxy")));
        assertEquals(List.of(AB, XY), selector.rank(TOOLS, asked("xyxy", "abab")));
        assertEquals(List.of("letters"), runtime.opened);
        assertEquals(List.of("xyxy", "aab bb: aaabbb", "xxy yy: xxxyyy", "abab"), runtime.embedded);
    }

    @Test
    void theQuestionBeforeCountsALittle() {
        EmbeddingSelector selector = selector("");
        assertEquals(XY, selector.rank(TOOLS, asked("xy", "zzz")).getFirst());
        assertEquals(AB, selector.rank(TOOLS, asked("xy", "ab")).getFirst());
        List<Message> talk = new ArrayList<>(asked("xy"));
        talk.add(Message.assistant("abababababab"));
        assertEquals(XY, selector.rank(TOOLS, talk).getFirst());
    }

    @Test
    void withoutAnEncoderNothingIsSaid() {
        assertEquals(List.of(), new EmbeddingSelector("").rank(TOOLS, asked("xy")));
        assertEquals(List.of(), selector("off").rank(TOOLS, asked("xy")));
        assertEquals(List.of(), selector("").rank(TOOLS, List.of()));
        runtime.present = List.of();
        assertEquals(List.of(), selector("").rank(TOOLS, asked("xy")));
        assertEquals(List.of(), runtime.opened);
    }

    @Test
    void anEncoderThatCannotBeOpenedIsLeftAlone() {
        EmbeddingSelector selector = selector("missing");
        assertEquals(List.of(), selector.rank(TOOLS, asked("xy")));
        assertEquals(List.of(), selector.rank(TOOLS, asked("xy")));
        assertEquals(List.of("missing"), runtime.opened);
    }

    @Test
    void anEncoderThatWasClosedIsOpenedAgain() {
        EmbeddingSelector selector = selector("");
        selector.rank(TOOLS, asked("xy"));
        runtime.close();
        assertEquals(List.of(XY, AB), selector.rank(TOOLS, asked("xyx")));
        assertEquals(2, runtime.opened.size());
        selector.close();
        assertTrue(runtime.encoders.getLast().closed);
        assertEquals(List.of(), selector.rank(TOOLS, asked("xyx")));
    }

    @Test
    void longTextsAreReadAtTheirBeginning() {
        EmbeddingSelector selector = selector("");
        String mark = "\uD83D\uDE00";
        assertEquals(XY, selector.rank(TOOLS, asked("xy".repeat(1_000_000))).getFirst());
        selector.rank(TOOLS, asked(".".repeat(2047) + mark));
        assertTrue(runtime.embedded.stream().allMatch(text -> text.length() <= 2048));
        assertTrue(runtime.embedded.contains(".".repeat(2047)));
    }

    @Test
    void manyTextsDoNotStay() {
        EmbeddingSelector selector = selector("");
        List<ToolDefinition> tools = new ArrayList<>();
        for (int i = 0; i < 4000; i++) {
            tools.add(new ToolDefinition("tool_" + i, "b", Map.of("type", "object")));
        }
        tools.add(XY);
        assertEquals(XY, selector.rank(tools, asked("xy")).getFirst());
        assertEquals(4002, runtime.embedded.size());
        assertEquals(XY, selector.rank(tools, asked("xyx")).getFirst());
        assertEquals(4003, runtime.embedded.size());
        for (int i = 0; i < 200; i++) {
            selector.rank(TOOLS, asked("x" + i));
        }
        int before = runtime.embedded.size();
        // the first tools were forgotten, and are computed again
        selector.rank(tools.subList(0, 10), asked("x199"));
        assertEquals(before + 10, runtime.embedded.size());
        List<ToolDefinition> more = new ArrayList<>(tools);
        tools.forEach(tool -> more.add(new ToolDefinition(tool.name() + "_2", "b", Map.of("type", "object"))));
        assertEquals(List.of(), selector.rank(more, asked("xy")));
    }
}
