/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/** What every selector of tools promises. A selector's tests extend this class, and name the selector, tools and questions. */
@DisplayNameGeneration(Sentences.class)
public abstract class ToolSelectorContract {

    private static final int LONG = 100_000;

    /** For classes that extend this one. */
    protected ToolSelectorContract() {
    }

    /**
     * The selector under test. One that needs a runtime has been told of it.
     *
     * @return the same each time, or a new one
     */
    protected abstract ToolSelector selector();

    /**
     * Tools among which it chooses.
     *
     * @return two or more, with names that differ
     */
    protected abstract List<ToolDefinition> tools();

    /**
     * Questions about which it has something to say, and the name of the tool that comes first then.
     *
     * @return at least one
     */
    protected abstract Map<String, String> questions();

    /**
     * How long one choice may take here.
     *
     * @return ten seconds by default, since machines that test are busy; a few milliseconds are what users expect
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    private List<ToolDefinition> rank(List<ToolDefinition> tools, List<Message> messages) {
        String what = AnswerEvents.shown(String.valueOf(messages));
        List<ToolDefinition> ranked = assertTimeoutPreemptively(patience(), () -> selector().rank(tools, messages),
                () -> "The selector does not come to an end about " + what);
        assertTrue(tools.containsAll(ranked), () -> "rank gives a tool that it was not given: " + names(ranked));
        assertEquals(ranked.size(), new HashSet<>(ranked).size(),
                () -> "rank gives a tool twice: " + names(ranked));
        return ranked;
    }

    private static List<String> names(List<ToolDefinition> tools) {
        return tools.stream().map(ToolDefinition::name).toList();
    }

    @Test
    void theNameIsOneWord() {
        String name = selector().name();
        assertTrue(name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"), () -> "The name \"" + name + "\" is not one word.");
        assertEquals(name, selector().name(), "The name changes.");
        assertEquals(selector().order(), selector().order(), "The order changes.");
    }

    @Test
    void theToolThatFitsComesFirst() {
        assertFalse(questions().isEmpty(), "questions() lists none.");
        assertAll(questions().entrySet().stream().map(one -> () -> {
            List<ToolDefinition> ranked = rank(tools(), List.of(Message.user(one.getKey())));
            assertFalse(ranked.isEmpty(), () -> "The selector has nothing to say about \"" + one.getKey() + "\".");
            assertEquals(one.getValue(), ranked.getFirst().name(),
                    () -> "Another tool comes first for \"" + one.getKey() + "\".");
        }));
    }

    @Test
    void theSameQuestionGivesTheSameOrder() {
        for (String question : questions().keySet()) {
            List<Message> messages = List.of(Message.user(question));
            assertEquals(names(rank(tools(), messages)), names(rank(tools(), messages)),
                    () -> "The order is another the second time for \"" + question + "\".");
        }
    }

    @Test
    void oddConversationsAreRankedOrPassedOver() {
        List<List<Message>> odd = List.of(List.of(), List.of(Message.user("")), List.of(Message.system("Be brief.")),
                List.of(Message.user("x".repeat(LONG))), List.of(Message.user("\0\ud83d ...")),
                List.of(Message.user("Hello"), Message.assistant("Hi"), Message.tool("1", "{}")));
        assertAll(odd.stream().map(messages -> () -> {
            try {
                rank(tools(), messages);
                rank(List.of(), messages);
                rank(tools().subList(0, 1), messages);
            } catch (RuntimeException e) {
                throw new AssertionError("The selector throws " + e + " about "
                        + AnswerEvents.shown(String.valueOf(messages)) + ": if it cannot say, it gives an empty list.",
                        e);
            }
        }));
    }

    @Test
    void whatIsGivenStaysAsItIs() {
        List<ToolDefinition> tools = List.copyOf(tools());
        List<Message> messages = List.of(Message.user(questions().keySet().iterator().next()));
        // both are lists that cannot be changed: a selector that sorts in place throws
        try {
            rank(tools, messages);
        } catch (UnsupportedOperationException e) {
            throw new AssertionError("The selector changes the list that it is given: sort a copy.", e);
        }
    }

    @Test
    void conversationsAskAtOnce() throws InterruptedException {
        ToolSelector shared = selector();
        Map<String, String> questions = questions();
        List<Throwable> problems = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    questions.forEach((question, first) -> assertEquals(first,
                            names(shared.rank(tools(), List.of(Message.user(question)))).getFirst()));
                } catch (RuntimeException | AssertionError e) {
                    synchronized (problems) {
                        problems.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), problems, "Several conversations ask at once and get other answers than alone.");
    }
}
