/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of selectors finds what is wrong with one. */
class ToolSelectorContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, HAS_TWO_WORDS, PUTS_ANOTHER_FIRST, HAS_NOTHING_TO_SAY, INVENTS_A_TOOL, REPEATS_A_TOOL, CHANGES_ITS_MIND, STUMBLES, SORTS_IN_PLACE, NEVER_ENDS
    }

    private static final ToolDefinition LAMP = tool("lamp", "Switches a lamp on.");
    private static final ToolDefinition VALVE = tool("valve", "Opens the water valve.");

    private static ToolDefinition tool(String name, String says) {
        return new ToolDefinition(name, says, Map.of("type", "object"));
    }

    /** Whose name is in the question comes first. */
    private static final class Named implements ToolSelector {

        private final Fault fault;
        private int asked;

        Named(Fault fault) {
            this.fault = fault;
        }

        @Override
        public String name() {
            return fault == Fault.HAS_TWO_WORDS ? "by name" : "named";
        }

        @Override
        public List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
            while (fault == Fault.NEVER_ENDS && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            if (messages.isEmpty() && fault != Fault.STUMBLES) {
                return List.of();
            }
            String text = messages.getLast().content();
            List<ToolDefinition> sorted = fault == Fault.SORTS_IN_PLACE ? tools : new ArrayList<>(tools);
            sorted.sort(Comparator.comparingInt(tool -> text.contains(tool.name()) ? 0 : 1));
            return switch (fault) {
                case PUTS_ANOTHER_FIRST -> sorted.reversed();
                case HAS_NOTHING_TO_SAY -> List.of();
                case INVENTS_A_TOOL -> List.of(tool("gate", "Opens the gate."));
                case REPEATS_A_TOOL -> List.of(LAMP, LAMP);
                case CHANGES_ITS_MIND -> asked++ % 2 == 0 ? sorted : sorted.reversed();
                default -> sorted;
            };
        }
    }

    /** The contract, for a selector with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Selector extends ToolSelectorContract {

        private final Fault fault;
        private final ToolSelector selector;

        Selector(Fault fault) {
            this.fault = fault;
            selector = new Named(fault);
        }

        @Override
        protected ToolSelector selector() {
            return selector;
        }

        @Override
        protected List<ToolDefinition> tools() {
            return List.of(LAMP, VALVE);
        }

        @Override
        protected Map<String, String> questions() {
            return Map.of("Open the valve.", "valve");
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(fault == Fault.NEVER_ENDS ? 1 : 10);
        }
    }

    @Test
    void aSoundOnePasses() {
        ContractRun.all(Selector.class, Fault.NONE).assertSound(6);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            HAS_TWO_WORDS,      theNameIsOneWord,                     not one word
            PUTS_ANOTHER_FIRST, theToolThatFitsComesFirst,            Another tool comes first
            HAS_NOTHING_TO_SAY, theToolThatFitsComesFirst,            nothing to say
            INVENTS_A_TOOL,     theToolThatFitsComesFirst,            was not given
            REPEATS_A_TOOL,     theToolThatFitsComesFirst,            a tool twice
            CHANGES_ITS_MIND,   theSameQuestionGivesTheSameOrder,     another the second time
            STUMBLES,           oddConversationsAreRankedOrPassedOver, it gives an empty list
            SORTS_IN_PLACE,     whatIsGivenStaysAsItIs,               sort a copy
            NEVER_ENDS,         theToolThatFitsComesFirst,            come to an end
            """)
    void aFaultIsReported(Fault fault, String test, String words) {
        ContractRun.one(Selector.class, fault, test).assertReports(words);
    }
}
