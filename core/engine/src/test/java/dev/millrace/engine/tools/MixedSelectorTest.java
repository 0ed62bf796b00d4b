/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who chooses, and what the words are left. */
class MixedSelectorTest {

    private static final List<ToolDefinition> TOOLS = Stream.of("lamp", "door", "pump", "valve", "fan", "siren")
            .map(name -> new ToolDefinition(name, "", Map.of("type", "object"))).toList();

    /** Says the same whatever is asked. */
    private record Fixed(List<String> names) implements ToolSelector {

        @Override
        public String name() {
            return "fixed";
        }

        @Override
        public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
            if (names.contains("fail")) {
                throw new IllegalStateException("cannot choose");
            }
            return names.stream().flatMap(name -> tools.stream().filter(tool -> tool.name().equals(name))).toList();
        }
    }

    private static List<String> ranked(String question, ToolSelector... selectors) {
        return new MixedSelector(() -> List.of(selectors)).rank(TOOLS, List.of(Message.user(question))).stream()
                .map(ToolDefinition::name).toList();
    }

    @Test
    void eachThirdPlaceIsForTheWords() {
        assertEquals(List.of("pump", "door", "fan", "lamp", "valve", "siren"),
                ranked("The siren and the fan!", new Fixed(List.of("pump", "door", "lamp", "valve")),
                        new Bm25Selector()));
    }

    @Test
    void whatTheFirstHasSaidIsNotSaidAgain() {
        assertEquals(List.of("fan", "door", "siren", "lamp", "pump", "valve"),
                ranked("fan siren fan", new Fixed(List.of("fan", "door")), new Bm25Selector()));
    }

    @Test
    void whoCannotSayOrFailsIsPassedOver() {
        ToolSelector second = new Fixed(List.of("door"));
        assertEquals("door", ranked("fan", new Fixed(List.of()), second, new Bm25Selector()).getFirst());
        assertEquals("door", ranked("fan", new Fixed(List.of("fail")), second, new Bm25Selector()).getFirst());
        assertEquals("fan", ranked("fan", new Fixed(List.of()), new Bm25Selector()).getFirst());
        assertEquals("fan", ranked("fan", new Bm25Selector(), second).getFirst());
        assertEquals(6, ranked("", new Bm25Selector()).size());
    }
}
