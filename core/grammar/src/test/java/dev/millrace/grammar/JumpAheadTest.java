/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.engine.sample.Stages;
import dev.millrace.grammar.vocabulary.Vocabularies;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is taken without a choice is what the model could write alone, cut into tokens as its tokenizer cuts it. */
class JumpAheadTest {

    private static final ToolDefinition VALVE = new ToolDefinition("set_device", "Switch a device on or off.",
            Map.of("type", "object", "properties",
                    ordered("name", Map.of("type", "string"), "state", Map.of("enum", List.of("on", "off"))),
                    "required", List.of("name", "state")));

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

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    private static AnswerFormat schema() {
        return new AnswerFormat.JsonSchema(Map.of("type", "object", "properties",
                ordered("temperature", Map.of("type", "number", "minimum", 0, "maximum", 50), "location",
                        Map.of("type", "string", "maxLength", 10), "r\u00e9gion",
                        Map.of("enum", List.of("northern hall", "northern lab", "\u5317"))),
                "required", List.of("temperature", "location", "r\u00e9gion"), "additionalProperties", false));
    }

    /** Tokens so far. */
    private record Tokens(List<Integer> all) implements TokenHistory {
        @Override
        public int length() {
            return all.size();
        }

        @Override
        public int promptLength() {
            return 0;
        }

        @Override
        public int token(int index) {
            return all.get(index);
        }
    }

    private static StageContext context(PromptTokenizer tokenizer, AnswerFormat format) {
        return new Stages.Context(tokenizer, Set.of(tokenizer.eos().orElse(0)), List.of(), format, Sampling.greedy(),
                LoopLimits.DEFAULT, Optional.empty(), ToolChoice.AUTO, false, Set.of());
    }

    private static List<PromptTokenizer> tokenizers() {
        List<PromptTokenizer> all = new ArrayList<>(List.of((PromptTokenizer) model.tokenizer()));
        for (String name : List.of("gpt-2", "deepseek-coder", "falcon")) {
            Vocabularies.tokenizer(name).ifPresent(all::add);
        }
        return all;
    }

    private static String forced(AnswerFormat format, String before) {
        PromptTokenizer tokenizer = (PromptTokenizer) model.tokenizer();
        SamplerStage stage = new GrammarStages().create(context(tokenizer, format)).orElseThrow();
        Tokens history = new Tokens(new ArrayList<>());
        stage.begin(history, 0);
        for (int token : tokenizer.encode(before)) {
            stage.accept(token);
            history.all().add(token);
        }
        return tokenizer.decode(stage.forced(history));
    }

    @Test
    void textsWithoutAChoiceAreTakenWhole() {
        String end = model.tokenizer().decode(((PromptTokenizer) model.tokenizer()).eos().orElseThrow());
        assertEquals("The pump is off." + end, forced(new AnswerFormat.Pattern("The pump is off\\."), ""));
        assertEquals("", forced(new AnswerFormat.Pattern("(The|A) pump is off\\."), ""));
        assertEquals(" pump is off." + end, forced(new AnswerFormat.Pattern("(The|A) pump is off\\."), "The"));
        // what may end here goes on or not
        assertEquals("", forced(new AnswerFormat.Pattern("on(line)?"), "on"));
        assertEquals(end, forced(new AnswerFormat.Pattern("on|off"), "off"));
    }

    @Test
    void atABorderTheModelChoosesAgain() {
        // "ing" might begin within what is forced and end behind it
        String text = forced(new AnswerFormat.Pattern("kitchen lamp(s|post)?"), "");
        assertTrue("kitchen lamp".startsWith(text) && text.length() < "kitchen lamp".length(), text);
        String name = forced(schema(), "{\"");
        assertTrue("temperature\":".startsWith(name) && !name.isEmpty(), name);
    }

    @Test
    void whateverIsForcedIsTheOnlyText() {
        List<AnswerFormat> formats = List.of(schema(),
                new AnswerFormat.Pattern("The (pump|valve) is (on|off)\\.( OK){3}"),
                new AnswerFormat.Pattern("(\u00e9t\u00e9|\u00e9tat) \u5317\u4eac( \ud83d\ude00){2}[0-9]{3}"),
                new AnswerFormat.Grammar("root ::= \"<a href=\\\"\" [a-z]{3} \"\\\"></a>\" (\"\\n\" \"end\")?"),
                new AnswerFormat.JsonSchema(Map.of("type", "array", "items",
                        Map.of("type", "object", "properties",
                                ordered("identifier", Map.of("const", "unit_7"), "enabled",
                                        Map.of("type", "boolean")),
                                "required", List.of("identifier", "enabled")),
                        "minItems", 2, "maxItems", 3)));
        int jumped = 0;
        for (PromptTokenizer tokenizer : tokenizers()) {
            GrammarStages stages = new GrammarStages();
            for (AnswerFormat format : formats) {
                for (int seed = 0; seed < 4; seed++) {
                    jumped += walk(tokenizer, stages, format, new Random(seed));
                }
            }
        }
        assertTrue(jumped > 100, "jumped " + jumped);
    }

    private static int walk(PromptTokenizer tokenizer, SamplerStage.Factory stages, AnswerFormat format,
            Random random) {
        StageContext context = context(tokenizer, format);
        SamplerStage stage = stages.create(context).orElseThrow();
        Tokens history = new Tokens(new ArrayList<>());
        stage.begin(history, 0);
        int jumped = 0;
        for (int step = 0; step < 150; step++) {
            int[] forced = stage.forced(history);
            SamplerStage probe = stage.fork();
            byte[] rest = bytes(context, forced);
            for (int token : forced) {
                jumped++;
                only(context, probe, history, token, rest);
                probe.accept(token);
                rest = Arrays.copyOfRange(rest, context.bytes(token).length, rest.length);
            }
            int next;
            if (forced.length > 0) {
                cutAsTheTokenizerDoes(tokenizer, context, forced);
                next = forced[0];
            } else {
                next = any(Objects.requireNonNull(stage.allowed(history)), random, tokenizer.size());
            }
            if (context.endTokens().contains(next)) {
                return jumped;
            }
            // now and then all of them, else the first alone, as if the model had come to the same by itself
            for (int token : forced.length > 0 && random.nextBoolean() ? forced : new int[]{next}) {
                if (context.endTokens().contains(token)) {
                    return jumped;
                }
                stage.accept(token);
                history.all().add(token);
            }
        }
        return jumped;
    }

    private static byte[] bytes(StageContext context, int[] tokens) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int token : tokens) {
            out.writeBytes(context.bytes(token));
        }
        return out.toByteArray();
    }

    /** Each token that is allowed begins as what is forced, so that no other text is possible. */
    private static void only(StageContext context, SamplerStage stage, TokenHistory history, int forced,
            byte[] rest) {
        long[] mask = Objects.requireNonNull(stage.allowed(history));
        boolean seen = false;
        for (int token = 0; token < context.tokenizer().size(); token++) {
            if ((mask[token >> 6] & 1L << token) != 0) {
                seen |= token == forced;
                byte[] spelling = context.bytes(token);
                int common = Math.min(spelling.length, rest.length);
                assertArrayEquals(Arrays.copyOf(rest, common), Arrays.copyOf(spelling, common),
                        "beside " + new String(rest, StandardCharsets.UTF_8));
            }
        }
        assertTrue(seen, "the token that is forced is allowed");
    }

    private static void cutAsTheTokenizerDoes(PromptTokenizer tokenizer, StageContext context, int[] forced) {
        int[] text = Arrays.stream(forced).filter(token -> !context.endTokens().contains(token)).toArray();
        String decoded = tokenizer.decode(text);
        if (decoded.indexOf('\ufffd') >= 0) {
            // it begins within a character
            return;
        }
        int[] again = tokenizer.encode(decoded);
        // behind another text it may be cut otherwise at its beginning
        assertTrue(again.length <= text.length + 1 && again.length >= text.length - 1, decoded);
    }

    private static int any(long[] mask, Random random, int size) {
        int from = random.nextInt(size);
        for (int i = 0; i < size; i++) {
            int token = (from + i) % size;
            if ((mask[token >> 6] & 1L << token) != 0) {
                return token;
            }
        }
        throw new AssertionError("nothing is allowed");
    }

    // ---- whole answers

    private static String answer(UnaryOperator<Conversation.Builder> how, boolean jump, String question) {
        Conversation.Builder builder = how.apply(model.conversation().sampling(Sampling.greedy()).maxTokens(160)
                .reasoning(Reasoning.DEFAULT.withBudget(60)));
        // who wants to know how likely tokens are gets no jumps
        try (Conversation conversation = (jump ? builder : builder.logprobs(0)).start();
                Generation generation = conversation.send(question)) {
            var answer = generation.answer();
            return answer.thinking() + "|" + answer.text() + "|" + answer.toolCalls() + answer.reason()
                    + answer.usage().completionTokens();
        }
    }

    /** As long as the model cuts what it writes as its tokenizer does, which it does where it knows its way. */
    @Test
    void answersAreTheSameAsWithout() {
        List<UnaryOperator<Conversation.Builder>> ways = List.of(
                how -> how.declare(List.of(VALVE)).toolChoice(ToolChoice.REQUIRED),
                how -> how.declare(List.of(VALVE)).strict(true),
                how -> how.declare(List.of(VALVE)).toolChoice(ToolChoice.named("set_device")));
        for (UnaryOperator<Conversation.Builder> way : ways) {
            for (String question : List.of("Turn on the kitchen lamp.", "Close the cellar valve.", "Hello!")) {
                assertEquals(answer(way, false, question), answer(way, true, question));
            }
        }
    }
}
