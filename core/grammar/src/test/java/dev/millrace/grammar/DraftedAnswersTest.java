/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Penalties;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With a real model on the CPU: whether tokens are guessed or not, the answer is the same, whatever the answer is held to. */
@Timeout(120)
class DraftedAnswersTest {

    private static final String SETTING = "millrace.speculation";
    private static final String QUESTION = "Turn on the kitchen lamp, then turn on the kitchen fan.";

    private int drafted;
    private int accepted;

    private static Millrace millrace;
    private static Model plain;
    private static Model guessing;

    @BeforeAll
    static void open() {
        millrace = Millrace.start();
        try {
            System.setProperty(SETTING, "off");
            plain = millrace.open("nano");
            System.setProperty(SETTING, "always");
            guessing = millrace.open("nano");
        } finally {
            System.clearProperty(SETTING);
        }
    }

    @AfterAll
    static void close() {
        guessing.close();
        plain.close();
        millrace.close();
    }

    private static ToolDefinition tool() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("name", Map.of("type", "string", "enum", List.of("kitchen lamp", "kitchen fan", "hall lamp")));
        parameters.put("state", Map.of("enum", List.of("on", "off")));
        return new ToolDefinition("set_device", "Switch a device on or off.",
                Map.of("type", "object", "properties", parameters, "required", List.of("name", "state")));
    }

    /** What the answer to a question with many repetitions before it is. */
    private static Conversation begin(Model model, UnaryOperator<Conversation.Builder> how) {
        return how.apply(model.conversation().maxTokens(60).loops(LoopLimits.OFF).declare(List.of(tool())).strict(false)
                .messages(List.of(Message.user(QUESTION),
                        Message.assistant("The kitchen lamp and the kitchen fan are on."),
                        Message.user(QUESTION), Message.assistant("The kitchen lamp and the kitchen fan are on."))))
                .start();
    }

    private static Answer answer(Model model, UnaryOperator<Conversation.Builder> how) {
        try (Conversation conversation = begin(model, how); Generation generation = conversation.send(QUESTION)) {
            return generation.answer();
        }
    }

    private void same(UnaryOperator<Conversation.Builder> how) {
        Answer expected = answer(plain, how);
        Answer got = answer(guessing, how);
        assertEquals(expected.thinking(), got.thinking());
        assertEquals(expected.text(), got.text());
        assertEquals(expected.toolCalls().toString(), got.toolCalls().toString());
        assertEquals(expected.reason(), got.reason());
        assertEquals(expected.usage().completionTokens(), got.usage().completionTokens());
        assertEquals(0, expected.usage().draftedTokens());
        drafted += got.usage().draftedTokens();
        accepted += got.usage().acceptedTokens();
    }

    @Test
    void greedyAndSampled() {
        same(how -> how.sampling(Sampling.greedy()));
        for (int seed = 0; seed < 4; seed++) {
            Sampling drawn = Sampling.greedy().withTemperature(0.8).withSeed(seed);
            same(how -> how.sampling(drawn));
            same(how -> how.sampling(drawn.withTopK(20).withTopP(0.9)));
            same(how -> how.sampling(drawn.withTypicalP(0.9).withMinP(0.02).withXtc(0.5, 0.1)));
        }
        assertTrue(accepted > 20, accepted + " guesses were right");
    }

    @Test
    void penaltiesBansAndStops() {
        Sampling drawn = Sampling.greedy().withTemperature(0.9).withSeed(7);
        same(how -> how.sampling(Sampling.greedy().withRepetitionPenalty(1.1)));
        same(how -> how.sampling(drawn.withPresencePenalty(0.3).withFrequencyPenalty(0.2)));
        same(how -> how.sampling(drawn.withDry(Penalties.Dry.of(0.8))));
        same(how -> how.sampling(drawn.withBannedTexts(List.of("fan"))));
        same(how -> how.sampling(Sampling.greedy()).stop(List.of("lamp and")));
        same(how -> how.sampling(drawn).logprobs(3));
        assertTrue(accepted > 0 && drafted > accepted, accepted + " of " + drafted);
    }

    @Test
    void answersThatAreHeld() {
        same(how -> how.sampling(Sampling.greedy()).strict(true)
                .toolChoice(ToolChoice.REQUIRED));
        same(how -> how.sampling(Sampling.greedy().withTemperature(1.2).withSeed(3)).strict(true));
        same(how -> how.sampling(Sampling.greedy().withTemperature(1).withSeed(5))
                .format(new AnswerFormat.Pattern("(The kitchen (lamp|fan) is (on|off)\\. ){2,4}")));
        assertTrue(drafted > 0);
    }

    @Test
    void thinkingWithABudget() {
        for (int budget : new int[]{0, 3, 8, 20}) {
            same(how -> how.sampling(Sampling.greedy()).reasoning(Reasoning.DEFAULT.withBudget(budget)));
            same(how -> how.sampling(Sampling.greedy().withTemperature(1).withSeed(budget))
                    .reasoning(Reasoning.DEFAULT.withBudget(budget)));
        }
        assertTrue(drafted > 0);
    }

    @Test
    void severalAtOnceAndForks() {
        List<String> expected = new ArrayList<>();
        List<Conversation> open = new ArrayList<>();
        List<Generation> running = new ArrayList<>();
        for (int seed = 0; seed < 4; seed++) {
            Sampling drawn = Sampling.greedy().withTemperature(0.7).withSeed(seed);
            expected.add(answer(plain, how -> how.sampling(drawn)).text());
            Conversation conversation = begin(guessing, how -> how.sampling(drawn));
            open.add(conversation);
            running.add(conversation.send(QUESTION));
        }
        for (int seed = 0; seed < 4; seed++) {
            assertEquals(expected.get(seed), running.get(seed).answer().text());
        }
        running.forEach(Generation::close);
        try (Conversation other = begin(plain, how -> how.sampling(Sampling.greedy()));
                Conversation fork = open.getFirst().fork();
                Generation one = fork.send("Thanks.");
                Generation two = open.getFirst().send("Thanks.")) {
            assertEquals(one.answer().text(), two.answer().text());
            assertEquals(0, other.messages().stream().filter(each -> each.content().isEmpty()).count());
        }
        open.forEach(Conversation::close);
    }

    /** All kernels compute the same bits, so the text is the same also where the model moves between them in mid-answer. */
    @Test
    void movesBetweenKernels() {
        UnaryOperator<Conversation.Builder> how = each -> each.sampling(Sampling.greedy());
        String expected = answer(plain, how).text();
        List<String> devices = List.of("cpu:scalar", "cpu:vector", "cpu:scalar");
        String before = guessing.device().id();
        int moves = 0;
        StringBuilder told = new StringBuilder();
        try (Conversation conversation = begin(guessing, how); Generation generation = conversation.send(QUESTION)) {
            for (Event event : generation) {
                if (event instanceof Event.Text text) {
                    told.append(text.text());
                    if (moves < devices.size()) {
                        guessing.moveTo(devices.get(moves++));
                    }
                }
            }
        } finally {
            guessing.moveTo(before);
        }
        assertEquals(expected, told.toString());
        assertTrue(moves > 0);
    }
}
