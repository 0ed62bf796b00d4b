/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values refuse what makes no sense, and nobody can change them afterwards. */
class ValuesTest {

    @ParameterizedTest
    @CsvSource({"-0.1,0,1,0,1", "NaN,0,1,0,1", "Infinity,0,1,0,1", "1,-1,1,0,1", "1,0,1.1,0,1", "1,0,-0.1,0,1",
            "1,0,NaN,0,1", "1,0,1,1.1,1", "1,0,1,-0.1,1", "1,0,1,0,0", "1,0,1,0,-1", "1,0,1,0,NaN", "1,0,1,0,Infinity"})
    void samplingRefusesWhatIsOutOfRange(double temperature, int topK, double topP, double minP, double penalty) {
        assertThrows(IllegalArgumentException.class,
                () -> new Sampling(temperature, topK, topP, minP, penalty, OptionalLong.empty()));
    }

    @Test
    void samplingTellsWhatIsWrong() {
        assertEquals("Sampling: top p must be between 0 and 1, not 1.5.",
                assertThrows(IllegalArgumentException.class, () -> Sampling.greedy().withTopP(1.5)).getMessage());
        assertEquals("Sampling: top k must be 0 or more, not -7.",
                assertThrows(IllegalArgumentException.class, () -> Sampling.greedy().withTopK(-7)).getMessage());
        assertEquals("Sampling: the window of penalties must be 0 or more, not -1.",
                assertThrows(IllegalArgumentException.class, () -> Sampling.greedy().withPenaltyWindow(-1))
                        .getMessage());
        assertEquals("Sampling: a biased token must be 0 or more, not -3.",
                assertThrows(IllegalArgumentException.class, () -> Sampling.greedy().withLogitBias(Map.of(-3, 1.0)))
                        .getMessage());
        assertEquals("Sampling: the allowed length of DRY must be 1 or more, not 0.", assertThrows(
                IllegalArgumentException.class, () -> new Penalties.Dry(0.8, 1.75, 0, 0, List.of())).getMessage());
        assertEquals("Sampling: the window of DRY must be 0 or more, not -2.", assertThrows(
                IllegalArgumentException.class, () -> new Penalties.Dry(0.8, 1.75, 2, -2, List.of())).getMessage());
    }

    @Test
    void eachChangeOfSamplingChangesOneThing() {
        assertEquals(new Sampling(0.3, 0, 1, 0, 1, OptionalLong.empty()), Sampling.greedy().withTemperature(0.3));
        assertEquals(new Sampling(0, 50, 1, 0, 1, OptionalLong.empty()), Sampling.greedy().withTopK(50));
        assertEquals(new Sampling(0, 0, 0.9, 0, 1, OptionalLong.empty()), Sampling.greedy().withTopP(0.9));
        assertEquals(new Sampling(0, 0, 1, 0.15, 1, OptionalLong.empty()), Sampling.greedy().withMinP(0.15));
        assertEquals(new Sampling(0, 0, 1, 0, 1.05, OptionalLong.empty()),
                Sampling.greedy().withRepetitionPenalty(1.05));
        assertEquals(new Sampling(0, 0, 1, 0, 1, OptionalLong.of(-7)), Sampling.greedy().withSeed(-7));
    }

    @Test
    void eachChangeOfModelOptionsChangesOneThing() {
        Progress progress = (what, fraction) -> {
        };
        ModelOptions defaults = ModelOptions.defaults();
        assertEquals(new ModelOptions("cpu", 0, 0, Precision.FAST, KeyValueType.AUTO, Strictness.AUTO, Progress.NONE),
                defaults.withBackend("cpu"));
        assertEquals(new ModelOptions(null, 512, 0, Precision.FAST, KeyValueType.AUTO, Strictness.AUTO, Progress.NONE),
                defaults.withContext(512));
        assertEquals(new ModelOptions(null, 0, 3, Precision.FAST, KeyValueType.AUTO, Strictness.AUTO, Progress.NONE),
                defaults.withThreads(3));
        assertEquals(new ModelOptions(null, 0, 0, Precision.EXACT, KeyValueType.AUTO, Strictness.AUTO, Progress.NONE),
                defaults.withPrecision(Precision.EXACT));
        assertEquals(new ModelOptions(null, 0, 0, Precision.FAST, KeyValueType.AUTO, Strictness.AUTO, progress),
                defaults.withProgress(progress));
        assertEquals(new ModelOptions(null, 0, 0, Precision.FAST, KeyValueType.F16, Strictness.AUTO, Progress.NONE),
                defaults.withKeyValues(KeyValueType.F16));
        assertEquals(new ModelOptions(null, 0, 0, Precision.FAST, KeyValueType.AUTO, Strictness.OFF, Progress.NONE),
                defaults.withStrictness(Strictness.OFF));
        assertThrows(IllegalArgumentException.class, () -> defaults.withContext(-1));
        assertThrows(IllegalArgumentException.class, () -> defaults.withThreads(-1));
        assertThrows(IllegalArgumentException.class, () -> defaults.withThreads(ModelOptions.MOST_THREADS + 1));
        assertEquals(1024, defaults.withThreads(ModelOptions.MOST_THREADS).threads());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\n", "ä", "a/b", "a(", "\"a\""})
    void toolsHaveNamesThatModelsCanWrite(String name) {
        assertThrows(IllegalArgumentException.class, () -> new ToolDefinition(name, "", Map.of()));
    }

    @Test
    void namesOfToolsMayHaveSixtyFourCharacters() {
        assertEquals("Az09_.-", new ToolDefinition("Az09_.-", "", Map.of()).name());
        assertEquals(64, new ToolDefinition("a".repeat(64), "", Map.of()).name().length());
        assertThrows(IllegalArgumentException.class, () -> new ToolDefinition("a".repeat(65), "", Map.of()));
    }

    @Test
    void callsKeepOrderAndNullsAndDoNotFollowTheirSource() {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        arguments.put("z", 1L);
        arguments.put("a", null);
        ToolCall call = new ToolCall("1", "f", arguments);
        arguments.clear();
        assertEquals(List.of("z", "a"), List.copyOf(call.arguments().keySet()));
        assertThrows(UnsupportedOperationException.class, call.arguments()::clear);
        Event.ToolCalled event = new Event.ToolCalled(call);
        assertEquals("f", event.name());
        assertEquals(call.arguments(), event.arguments());
    }

    @Test
    void messagesAndAnswersCopyTheirCalls() {
        List<ToolCall> calls = new ArrayList<>(List.of(new ToolCall("1", "f", Map.of())));
        Message message = Message.assistant("text", "thought", calls);
        Answer answer = new Answer("text", "", calls, FinishReason.STOP, new Usage(1, 0, 1), timings(0, 0));
        calls.clear();
        assertEquals(1, message.toolCalls().size());
        assertEquals(1, answer.toolCalls().size());
        assertThrows(UnsupportedOperationException.class, message.toolCalls()::clear);
    }

    @Test
    void messagesSayWhoSpeaks() {
        assertEquals(new Message(Message.Role.SYSTEM, "a", null, List.of(), null), Message.system("a"));
        assertEquals(new Message(Message.Role.USER, "a", null, List.of(), null), Message.user("a"));
        assertEquals(new Message(Message.Role.ASSISTANT, "a", null, List.of(), null), Message.assistant("a"));
        assertEquals(new Message(Message.Role.TOOL, "a", null, List.of(), "7"), Message.tool("7", "a"));
        assertNotEquals(Message.user("a"), Message.system("a"));
    }

    private static Timings timings(int tokens, long millis) {
        return new Timings(Duration.ZERO, Duration.ofMillis(millis), tokens, Duration.ofMillis(2 * millis), tokens,
                Duration.ZERO);
    }

    @Test
    void speedsAreTokensPerSecond() {
        assertEquals(200, timings(100, 500).prefillTokensPerSecond());
        assertEquals(100, timings(100, 500).decodeTokensPerSecond());
        assertEquals(0, timings(0, 0).prefillTokensPerSecond());
        assertEquals(0, timings(0, 0).decodeTokensPerSecond());
    }

    @Test
    void resultsAreSuccessesOrErrors() {
        assertEquals(new ToolResult(Collections.emptyList(), false), ToolResult.of(List.of()));
        assertEquals(new ToolResult("no", true), ToolResult.error("no"));
    }

    @Test
    void aBadFileIsNamedWithTheBadPart() {
        ModelFormatException problem = new ModelFormatException(Path.of("m.gguf"), "output.weight",
                "has 3 rows, expected 4");
        assertEquals("m.gguf: output.weight: has 3 rows, expected 4", problem.getMessage());
        assertEquals(Path.of("m.gguf"), problem.file());
        assertEquals("output.weight", problem.part());
    }

    @Test
    void withoutAnEngineTheCureIsNamed() {
        String message = String.valueOf(assertThrows(MillraceException.class, Millrace::start).getMessage());
        assertEquals("No Millrace engine is on the class path: add the jar dev.millrace.engine (inside OSGi, take the"
                + " Millrace service instead of calling start).", message);
    }

    /** Each of them may be the first that is used: none sees the defaults of another before they are there. */
    @Test
    void defaultsDoNotDependOnWhatWasUsedFirst() throws Exception {
        for (String first : List.of("Sampling", "Penalties", "Penalties$Dry", "Variety")) {
            URL[] classes = {Sampling.class.getProtectionDomain().getCodeSource().getLocation()};
            try (URLClassLoader own = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
                Class.forName("dev.millrace.api." + first, true, own);
                Object greedy = own.loadClass("dev.millrace.api.Sampling").getMethod("greedy").invoke(null);
                assertEquals(Sampling.greedy().toString(), greedy.toString(), first);
            }
        }
    }

    @Test
    void penaltiesAndVarietyAreChecked() {
        Sampling plain = Sampling.greedy();
        assertThrows(IllegalArgumentException.class, () -> plain.withPresencePenalty(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> plain.withFrequencyPenalty(Double.POSITIVE_INFINITY));
        assertThrows(IllegalArgumentException.class, () -> plain.withPenaltyWindow(-1));
        assertThrows(IllegalArgumentException.class, () -> plain.withLogitBias(Map.of(-1, 1.0)));
        assertThrows(IllegalArgumentException.class, () -> plain.withLogitBias(Map.of(1, Double.POSITIVE_INFINITY)));
        assertThrows(IllegalArgumentException.class, () -> plain.withBannedTexts(List.of("")));
        assertThrows(IllegalArgumentException.class, () -> plain.withDry(new Penalties.Dry(1, 0.5, 2, 0, List.of())));
        for (String text : List.of("", "a\ud800", "\udc00b")) {
            // what no answer can hold would be looked for as a question mark
            assertThrows(IllegalArgumentException.class, () -> plain.withBannedTexts(List.of("x", text)));
            assertThrows(IllegalArgumentException.class, () -> new Penalties.Dry(1, 1.75, 2, 0, List.of("x", text)));
        }
        assertThrows(IllegalArgumentException.class, () -> plain.withTypicalP(1.5));
        assertThrows(IllegalArgumentException.class, () -> plain.withXtc(0.5, -1));
        assertThrows(IllegalArgumentException.class, () -> plain.withDynamicTemperature(1, 0));
        assertThrows(IllegalArgumentException.class, () -> Reasoning.DEFAULT.withBudget(-1));
        assertThrows(IllegalArgumentException.class, () -> new LoopLimits(true, 5, 4, 8, 64));
        Sampling all = plain.withXtc(0.5, 0.1).withTypicalP(0.9).withDynamicTemperature(0.5, 2)
                .withPresencePenalty(0.1).withFrequencyPenalty(0.2).withPenaltyWindow(64).withDry(Penalties.Dry.of(0.8))
                .withLogitBias(Map.of(3, -1.0)).withBannedTexts(List.of("x")).withTemperature(0.7).withTopK(5)
                .withTopP(0.9).withMinP(0.1).withRepetitionPenalty(1.1).withSeed(3);
        assertEquals(new Sampling(0.7, 5, 0.9, 0.1, 1.1, OptionalLong.of(3), new Variety(0.5, 2, 0.9, 0.5, 0.1),
                new Penalties(0.1, 0.2, 64, Penalties.Dry.of(0.8), Map.of(3, -1.0), List.of("x"))), all);
    }
}
