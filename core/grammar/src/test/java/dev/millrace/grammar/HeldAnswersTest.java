/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Param;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.Strictness;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.grammar.schema.Instances;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Conversations with the model that travels with the project, on a plain class path. */
class HeldAnswersTest {

    private static final Map<String, Object> READING = Map.of("type", "object", "properties",
            Map.of("name", Map.of("type", "string", "maxLength", 12), "value",
                    Map.of("type", "integer", "minimum", 0, "maximum", 99), "unit",
                    Map.of("enum", List.of("C", "bar"))),
            "required", List.of("name", "value", "unit"), "additionalProperties", false);
    private static final ToolDefinition VALVE = new ToolDefinition("close_valve", "Closes a valve.",
            Map.of("type", "object", "properties", Map.of("valve", Map.of("enum", List.of("north", "south"))),
                    "required",
                    List.of("valve")));
    private static final ToolDefinition NOTE = new ToolDefinition("write_note", "Writes a note.",
            Map.of("type", "object",
                    "properties", Map.of("text", Map.of("type", "string", "maxLength", 8)), "required",
                    List.of("text")));

    private static Millrace millrace;
    private static Model model;

    @BeforeAll
    static void open() {
        millrace = Millrace.start();
        model = millrace.open("nano");
    }

    @AfterAll
    static void close() {
        model.close();
        millrace.close();
    }

    /** So hot, some thinking would never end: a budget leaves room for the answer. */
    private static Conversation.Builder asking(Sampling sampling) {
        return model.conversation().sampling(sampling).maxTokens(200).reasoning(Reasoning.DEFAULT.withBudget(60));
    }

    private static Sampling seed(long seed) {
        return Sampling.greedy().withTemperature(1.5).withSeed(seed);
    }

    private static Answer answer(Conversation.Builder builder) {
        try (Conversation conversation = builder.start();
                Generation generation = conversation.send("Turn on the kitchen lamp.")) {
            return generation.answer();
        }
    }

    @Test
    void jsonMeetsTheSchema() {
        var judge = Instances.judge(Instances.MAPPER.valueToTree(READING));
        for (long seed = 0; seed < 6; seed++) {
            Answer answer = answer(asking(seed(seed)).format(new AnswerFormat.JsonSchema(READING)));
            assertEquals(FinishReason.STOP, answer.reason());
            assertEquals("[]", judge.validate(Instances.read(answer.text())).toString(), answer.text());
        }
    }

    @Test
    void greedyAnswersGoByTheMaskToo() {
        Answer answer = answer(asking(Sampling.greedy()).format(new AnswerFormat.JsonSchema(READING)));
        assertEquals("[]", Instances.judge(Instances.MAPPER.valueToTree(READING))
                .validate(Instances.read(answer.text())).toString(), answer.text());
    }

    @Test
    void textsMatchRegularExpressionsAndGrammars() {
        for (long seed = 0; seed < 4; seed++) {
            assertTrue(answer(asking(seed(seed)).format(new AnswerFormat.Pattern("(on|off) [0-9]{2}:[0-9]{2}"))).text()
                    .matches("(on|off) [0-9]{2}:[0-9]{2}"));
            String sum = answer(asking(seed(seed)).format(new AnswerFormat.Grammar(
                    "root ::= term ([+*] term){1,2}\nterm ::= [1-9] | \"(\" [1-9] \"-\" [1-9] \")\" # small\n")))
                    .text();
            assertTrue(sum.matches("([1-9]|\\([1-9]-[1-9]\\))([+*]([1-9]|\\([1-9]-[1-9]\\))){1,2}"), sum);
        }
    }

    @Test
    void callsAreMadeWhereTheyAreRequired() {
        for (long seed = 0; seed < 6; seed++) {
            Answer any = answer(asking(seed(seed)).declare(List.of(VALVE, NOTE)).toolChoice(ToolChoice.REQUIRED));
            assertFalse(any.toolCalls().isEmpty(), any::toString);
            any.toolCalls().forEach(HeldAnswersTest::check);
            assertEquals(FinishReason.TOOL_CALLS, any.reason());
            Answer named = answer(
                    asking(seed(seed)).declare(List.of(VALVE, NOTE)).toolChoice(ToolChoice.named("write_note")));
            assertEquals("write_note", named.toolCalls().getFirst().name());
            answer(asking(seed(seed)).declare(List.of(VALVE, NOTE)).strict(true)).toolCalls()
                    .forEach(HeldAnswersTest::check);
        }
    }

    private static void check(ToolCall call) {
        ToolDefinition tool = call.name().equals("close_valve") ? VALVE : NOTE;
        assertEquals(tool.name(), call.name());
        assertEquals("[]", Instances.judge(Instances.MAPPER.valueToTree(tool.parameters()))
                .validate(Instances.MAPPER.valueToTree(call.arguments())).toString(), call.toString());
    }

    @Test
    void whatCannotBeKeptIsRefusedWhenTheConversationStarts() {
        IllegalArgumentException schema = assertThrows(IllegalArgumentException.class, () -> asking(seed(1))
                .format(new AnswerFormat.JsonSchema(Map.of("type", "array", "uniqueItems", true))).start());
        assertTrue(String.valueOf(schema.getMessage()).contains("\"uniqueItems\""),
                String.valueOf(schema.getMessage()));
        IllegalArgumentException regex = assertThrows(IllegalArgumentException.class,
                () -> asking(seed(1)).format(new AnswerFormat.Pattern("(?=a)b")).start());
        assertTrue(String.valueOf(regex.getMessage()).contains("looking ahead"), String.valueOf(regex.getMessage()));
        ToolDefinition odd = new ToolDefinition("odd", "", Map.of("type", "object", "properties",
                Map.of("all", Map.of("type", "array", "uniqueItems", true))));
        IllegalArgumentException tool = assertThrows(IllegalArgumentException.class,
                () -> asking(seed(1)).declare(List.of(odd)).strict(true).start());
        assertTrue(
                String.valueOf(tool.getMessage()).contains("odd")
                        && String.valueOf(tool.getMessage()).contains("uniqueItems"),
                String.valueOf(tool.getMessage()));
        assertThrows(IllegalArgumentException.class, () -> asking(seed(1)).toolChoice(ToolChoice.REQUIRED).start());
    }

    /** Of another name than any the model was trained on: written freely, its calls come to nothing. */
    private static final ToolDefinition TURN = new ToolDefinition("xq_turn", "Switch a device on or off.",
            Map.of("type", "object", "properties", Map.of("zz_what", Map.of("type", "string", "maxLength", 16), "zz_to",
                    Map.of("enum", List.of("on", "off"))), "required", List.of("zz_what", "zz_to")));
    private static final ToolDefinition ODD = new ToolDefinition("xq_odd", "Switch many devices.",
            Map.of("type", "object", "properties", Map.of("all", Map.of("type", "array", "uniqueItems", true))));

    @Test
    void callsOfASmallModelAreHeldIfNobodySaysOtherwise() {
        Answer held = answer(asking(Sampling.greedy()).declare(List.of(TURN)).strict(true));
        assertEquals(List.of("xq_turn"), held.toolCalls().stream().map(ToolCall::name).toList(), held::toString);
        Answer free = answer(asking(Sampling.greedy()).declare(List.of(TURN)).strict(false));
        assertEquals(calls(held), calls(answer(asking(Sampling.greedy()).declare(List.of(TURN)))));
        assertNotEquals(calls(held), calls(free));
        try (Model open = millrace.open("nano", ModelOptions.defaults().withStrictness(Strictness.OFF));
                Conversation conversation = open.conversation().sampling(Sampling.greedy()).maxTokens(200)
                        .reasoning(Reasoning.DEFAULT.withBudget(60)).declare(List.of(TURN)).start()) {
            assertEquals(calls(free), calls(conversation.send("Turn on the kitchen lamp.").answer()));
        }
    }

    private static String calls(Answer answer) {
        return answer.reason() + " "
                + answer.toolCalls().stream().map(call -> call.name() + call.arguments()).toList();
    }

    @Test
    void whatCannotBeHeldIsFreeWhereNobodyAskedForIt() {
        Answer both = answer(asking(Sampling.greedy()).declare(List.of(ODD, TURN)));
        assertTrue(both.toolCalls().stream().allMatch(call -> call.name().startsWith("xq_")), both::toString);
        for (long seed = 0; seed < 3; seed++) {
            Answer odd = answer(asking(seed(seed)).declare(List.of(ODD)).toolChoice(ToolChoice.REQUIRED));
            assertTrue(odd.toolCalls().stream().allMatch(call -> call.name().equals("xq_odd")), odd::toString);
            for (ToolCall call : answer(asking(seed(seed)).declare(List.of(ODD, VALVE)).strict("close_valve", true))
                    .toolCalls()) {
                if (call.name().equals("close_valve")) {
                    check(call);
                } else {
                    assertEquals("xq_odd", call.name());
                }
            }
        }
        for (Conversation.Builder asked : List.of(asking(seed(1)).declare(List.of(ODD, VALVE)).strict(true),
                asking(seed(1)).declare(List.of(ODD, VALVE)).strict("xq_odd", true))) {
            IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, asked::start);
            assertTrue(String.valueOf(refusal.getMessage()).contains("The tool xq_odd: "),
                    String.valueOf(refusal.getMessage()));
        }
        asking(seed(1)).declare(List.of(ODD, VALVE)).strict(true).strict("xq_odd", false).start().close();
        try (Model strict = millrace.open("nano", ModelOptions.defaults().withStrictness(Strictness.ON))) {
            assertThrows(IllegalArgumentException.class,
                    () -> strict.conversation().declare(List.of(ODD)).start());
        }
    }

    @Test
    void aSettingSaysItForAModel() {
        String own = "millrace.strict." + model.info().name();
        try {
            System.setProperty("millrace.strict", "off");
            System.setProperty(own, "on");
            try (Model strict = millrace.open("nano")) {
                assertThrows(IllegalArgumentException.class,
                        () -> strict.conversation().declare(List.of(ODD)).start());
            }
            System.setProperty(own, "yes");
            assertEquals("The setting " + own + " is \"yes\"; it must be auto, on or off.",
                    assertThrows(IllegalArgumentException.class, () -> millrace.open("nano")).getMessage());
        } finally {
            List.of("millrace.strict", own).forEach(System::clearProperty);
        }
    }

    /** So hot, thinking is cut in the middle of characters. */
    @Test
    void thinkingIsClosedWhereverItsBudgetEnds() {
        Sampling hot = Sampling.greedy().withTemperature(2.5);
        for (int budget = 4; budget < 16; budget += 3) {
            for (long seed = 0; seed < 40; seed++) {
                answer(asking(hot.withSeed(seed)).reasoning(Reasoning.DEFAULT.withBudget(budget)).maxTokens(20)
                        .declare(List.of(VALVE)));
            }
        }
    }

    /** What is read from an answer. */
    record Reading(String room, @Param("from 0 to 60") int celsius, Trend trend, List<Short> last) {

        Reading {
            if (room.length() > 500) {
                throw new IllegalArgumentException("room is too long a name");
            }
        }
    }

    enum Trend {
        RISING, FALLING
    }

    /** Refuses all. */
    record Stubborn(boolean on) {

        Stubborn {
            throw new IllegalArgumentException("never");
        }
    }

    @Test
    void answersAreValuesOfRecordsAndEnums() {
        try (Conversation conversation = model.conversation().sampling(Sampling.greedy()).maxTokens(300)
                .reasoning(Reasoning.off()).start()) {
            Reading reading = conversation.ask("How warm is the cellar?", Reading.class);
            assertTrue(reading.room().length() <= 500);
            assertTrue(conversation.messages().getLast().content().contains("\"celsius\":"));
            assertTrue(List.of(Trend.values()).contains(conversation.ask("Does it rise?", Trend.class)));
            assertTrue(List.of(true, false).contains(conversation.ask("Is the lamp on?", Boolean.class)));
            // the next answer is free again
            assertFalse(conversation.send("Hello!").answer().text().startsWith("\""));
        }
    }

    @Test
    void valuesThatDoNotComeAreSaidSo() {
        try (Conversation cut = asking(Sampling.greedy()).maxTokens(3).reasoning(Reasoning.off()).start()) {
            MillraceException problem = assertThrows(MillraceException.class,
                    () -> cut.ask("How warm is the cellar?", Reading.class));
            assertEquals("The answer ended before a value of Reading was whole: LENGTH after 3 tokens.",
                    problem.getMessage());
        }
        try (Conversation conversation = asking(Sampling.greedy()).reasoning(Reasoning.off()).start()) {
            MillraceException problem = assertThrows(MillraceException.class,
                    () -> conversation.ask("How warm is the cellar?", Stubborn.class));
            assertTrue(String.valueOf(problem.getMessage()).contains("never"), problem::getMessage);
            assertThrows(IllegalArgumentException.class, () -> conversation.ask("x", Thread.class));
            // and nothing is broken by it
            assertTrue(List.of(Trend.values()).contains(conversation.ask("Does it rise?", Trend.class)));
        }
    }

    @Test
    void freeAndHeldConversationsShareAModel() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        String free = answer(asking(Sampling.greedy())).text();
        for (int i = 0; i < 4; i++) {
            boolean held = i % 2 == 0;
            long seed = i;
            threads.add(Thread.ofPlatform().start(() -> {
                Answer answer = held
                        ? answer(asking(seed(seed)).format(new AnswerFormat.Pattern("[a-f]{20}")))
                        : answer(asking(Sampling.greedy()));
                if (held != answer.text().matches("[a-f]{20}") || (!held && !answer.text().equals(free))) {
                    synchronized (wrong) {
                        wrong.add(answer.text());
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void aMoveInTheMiddleOfAStructureChangesNothing() {
        AnswerFormat format = new AnswerFormat.Pattern("\\[([0-9]{3},){30}[0-9]{3}\\]");
        String expected = answer(asking(Sampling.greedy()).format(format)).text();
        try (Model other = millrace.open("nano");
                Conversation conversation = other.conversation().sampling(Sampling.greedy()).maxTokens(200)
                        .format(format)
                        .start();
                Generation generation = conversation.send("Turn on the kitchen lamp.")) {
            StringBuilder text = new StringBuilder();
            boolean moved = false;
            for (Event event : generation) {
                if (event instanceof Event.Text piece) {
                    text.append(piece.text());
                    if (!moved && text.length() > 20) {
                        other.moveTo("cpu:scalar");
                        moved = true;
                    }
                }
            }
            assertTrue(moved);
            assertTrue(text.toString().matches("\\[([0-9]{3},){30}[0-9]{3}\\]"), text.toString());
            assertEquals(expected.substring(0, 10), text.substring(0, 10));
        }
    }

    @Test
    void heldAndFreeAnswersMoveThereAndBackTogether() {
        AnswerFormat format = new AnswerFormat.Pattern("\\[([0-9]{3},){30}[0-9]{3}\\]");
        try (Model other = millrace.open("nano");
                Conversation held = other.conversation().sampling(Sampling.greedy()).maxTokens(200).format(format)
                        .start();
                Conversation free = other.conversation().sampling(Sampling.greedy()).maxTokens(200).start();
                Generation words = free.send("Turn on the kitchen lamp.");
                Generation numbers = held.send("Turn on the kitchen lamp.")) {
            String first = other.device().id();
            StringBuilder text = new StringBuilder();
            int moves = 0;
            for (Event event : numbers) {
                if (event instanceof Event.Text piece) {
                    text.append(piece.text());
                    if (text.length() > 20 * (moves + 1) && moves < 2) {
                        other.moveTo(moves++ == 0 ? "cpu:scalar" : first);
                    }
                }
            }
            assertEquals(2, moves);
            assertEquals(first, other.device().id());
            assertTrue(text.toString().matches("\\[([0-9]{3},){30}[0-9]{3}\\]"), text.toString());
            assertFalse(words.answer().text().isEmpty());
        }
    }

    @Test
    void aForkIsHeldAsItsOrigin() {
        try (Conversation first = asking(seed(3)).format(new AnswerFormat.Pattern("a[0-9]b")).start()) {
            first.send("x").answer();
            try (Conversation second = first.fork()) {
                assertTrue(second.send("y").answer().text().matches("a[0-9]b"));
                assertTrue(first.send("z").answer().text().matches("a[0-9]b"));
            }
        }
    }
}
