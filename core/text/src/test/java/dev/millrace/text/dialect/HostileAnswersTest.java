/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random and hostile answers, for every dialect. The time limit is a guard against hanging, not a measure of speed. */
@Timeout(120)
class HostileAnswersTest {

    private static final String[] PIECES = {"<think>", "</think>", "<|tool_call_start|>", "<|tool_call_end|>",
            "<tool_call>",
            "</tool_call>", "<|python_tag|>", "<|eom_id|>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "[THINK]",
            "[/THINK]",
            "<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|call|>", "<|return|>", "<", "<|", "[", "]", "(",
            ")", "{",
            "}", ",", ";", ":", "=", "'", "\"", "'''", "\"\"\"", "\\", "\n", "\r\n", " ", "f", "f(x=1)", "g(", "y='a'",
            "[f(",
            "{\"name\": \"f\", \"arguments\": {\"x\": 1}}", "{\"name\": \"f\", \"parameters\": {", "\"name\"", "name",
            "analysis",
            "final", "commentary to=functions.f", "to=", "True", "null", "07", "-", "1e5", "r'", "\\u12", "é", "😀",
            "\ud83d",
            "\u0000", "x ".repeat(150), "[".repeat(200), "\n".repeat(300)};

    static Stream<Dialect> dialects() {
        return Dialects.builtIn().stream();
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void eventsDoNotDependOnTheCuts(Dialect dialect) {
        Random random = new Random(42);
        for (int round = 0; round < 1500; round++) {
            StringBuilder builder = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--) {
                builder.append(PIECES[random.nextInt(PIECES.length)]);
            }
            String text = builder.toString();
            boolean thinking = random.nextInt(4) == 0;
            List<DialectEvent> whole = Streams.events(dialect, thinking, text);
            assertEquals(whole, Streams.events(dialect, thinking, Streams.characters(text)), text);
            int[] cuts = random.ints(random.nextInt(6), 0, text.length() + 1).sorted().toArray();
            assertEquals(whole, Streams.events(dialect, thinking, Streams.cut(text, cuts)), text);
        }
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void lengthyAnswersTakeLinearTime(Dialect dialect) {
        for (String open : List.of("", "<think>", "<|tool_call_start|>", "<tool_call>", "<|python_tag|>",
                "[TOOL_CALLS]",
                " to=f<|message|>")) {
            for (String filler : List.of("f(x='", "[", "(", "{", "f(", "a (1) ", "1,", "{\"name\": \"f\", ", "\n", "<",
                    "<|", "\\",
                    "'", "\"", "f(x=1),", "<|tool_call_end|>[f(x=1)]", "</think>\n<think>\n",
                    "<tool_call>f()</tool_call>\n",
                    "[TOOL_CALLS]f[ARGS]{}", "<|channel|>")) {
                String text = open + filler.repeat(40_000 / filler.length());
                List<DialectEvent> pieces = new ArrayList<>();
                DialectParser parser = dialect.parser(false);
                for (int at = 0; at < text.length(); at += 3) {
                    parser.accept(text.substring(at, Math.min(text.length(), at + 3)), pieces::add);
                }
                parser.finish(pieces::add);
                assertEquals(ParsedAnswer.of(Streams.events(dialect, text)), ParsedAnswer.of(pieces));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f(x='", "f(x=[", "{\"name\": \"f\", \"arguments\": {\"x\": \"", "f(x='' ", "(", "so "})
    void aMegabyteOfAnUnclosedCallIsOneProblem(String beginning) {
        String text = beginning + "a\\'[".repeat(250_000);
        for (Dialect dialect : List.of(new Lfm2Dialect(), new HermesDialect())) {
            List<DialectEvent> events = new ArrayList<>();
            DialectParser parser = dialect.parser(false);
            parser.accept(dialect instanceof HermesDialect ? "<tool_call>" : "<|tool_call_start|>[", events::add);
            for (int at = 0; at < text.length(); at++) {
                parser.accept(text.substring(at, at + 1), events::add);
            }
            parser.finish(events::add);
            ParsedAnswer answer = ParsedAnswer.of(events);
            assertEquals(List.of(), answer.calls());
            assertEquals(List.of(text), answer.problems().stream().map(DialectEvent.Problem::source).toList());
        }
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void textWithoutMarksIsNeverLost(Dialect dialect) {
        Random random = new Random(7);
        String[] pieces = {"a", " ", "\n", "<", "<b>", "[x]", "{", "}", "(", ")", "'", "\"", "é", "\\", "name", ":"};
        for (int round = 0; round < 2000; round++) {
            StringBuilder builder = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                builder.append(pieces[random.nextInt(pieces.length)]);
            }
            assertEquals(builder.toString(), ParsedAnswer.of(dialect, builder.toString()).content());
        }
    }

    /** Whatever control token a model picks, and wherever, the user does not read it. */
    @ParameterizedTest
    @MethodSource("dialects")
    void noControlTokenIsText(Dialect dialect) {
        String[] controls = {"<think>", "</think>", "<|tool_call_start|>", "<|tool_call_end|>", "<tool_call>",
                "</tool_call>",
                "<|python_tag|>", "<|eom_id|>", "<|eot_id|>", "[TOOL_CALLS]", "[ARGS]", "[THINK]", "[/THINK]",
                "<|channel|>",
                "<|message|>", "<|start|>", "<|end|>", "<|call|>", "<|return|>", "<|im_start|>", "<|im_end|>", "<s>",
                "</s>",
                "<unk>", "<|reserved_7|>"};
        Random random = new Random(5);
        for (int round = 0; round < 2000; round++) {
            StringBuilder written = new StringBuilder();
            List<DialectEvent> events = new ArrayList<>();
            DialectParser parser = dialect.parser(random.nextInt(4) == 0);
            for (int i = random.nextInt(12); i >= 0; i--) {
                if (random.nextBoolean()) {
                    String control = controls[random.nextInt(controls.length)];
                    written.append(control);
                    parser.control(control, events::add);
                } else {
                    String piece = pick(random, "a ", "f(x=1)", "[f(x='it's')]", "{\"name\": \"f\"}", "\n", "analysis",
                            "to=f");
                    written.append(piece);
                    parser.accept(piece, events::add);
                }
            }
            parser.finish(events::add);
            ParsedAnswer answer = ParsedAnswer.of(events);
            for (String control : controls) {
                assertFalse(answer.content().contains(control), written + " -> " + answer);
                assertFalse(answer.reasoning().contains(control), written + " -> " + answer);
            }
        }
    }

    /** The same for a text in which they are spelled out, as it is kept in files: whatever family they are of. */
    @ParameterizedTest
    @MethodSource("dialects")
    void noSpelledControlTokenIsText(Dialect dialect) {
        String[] controls = {"<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>",
                "<|tool_call_start|>",
                "<|tool_call_end|>", "<|start_header_id|>", "<|reserved_special_token_7|>", "<|fim_middle|>",
                "<|return|>",
                "<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|call|>", "<start_of_turn>", "<end_of_turn>",
                "[INST]", "[/INST]", "[TOOL_CALLS]", "<|tool_call|>", "<|/tool_call|>", "[ARGS]", "[CALL_ID]",
                "<\uff5cend\u2581of\u2581sentence\uff5c>"};
        Random random = new Random(8);
        for (int round = 0; round < 2000; round++) {
            StringBuilder written = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                written.append(random.nextBoolean()
                        ? controls[random.nextInt(controls.length)]
                        : pick(random, "a ", "f(x=1)", "[f(x='it's')]", "{\"name\": \"f\"", "\n", "<|", "|>",
                                "analysis",
                                "to=f", "<", "]"));
            }
            String content = ParsedAnswer.of(dialect, written.toString()).content();
            for (String control : controls) {
                assertFalse(content.contains(control), written + " -> " + content);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void whatIsWrittenReadsBack(Dialect dialect) {
        if (dialect instanceof PlainDialect || dialect instanceof ThinkDialect) {
            return;
        }
        Random random = new Random(3);
        for (int round = 0; round < 3000; round++) {
            List<ToolCall> calls = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                String name = pick(random, "f", "read.out", "a-b", "1x", "-", "Größe");
                calls.add(new ToolCall(Integer.toString(calls.size()), name, object(random, 3)));
            }
            String text = dialect.write(calls);
            ParsedAnswer answer = ParsedAnswer.of(dialect, text);
            assertEquals(calls, answer.calls(), text);
            assertEquals("", answer.content(), text);
            assertEquals(List.of(), answer.problems(), text);
            for (String mark : List.of("<|im_end|>", "</s>", "[INST]", "<|tool_response_start|>")) {
                assertFalse(text.contains(mark), text);
            }
        }
    }

    /** Spellings of numbers that models have from Python, and what they are; empty if JSON has no such number. */
    static Stream<Arguments> numbers() {
        String huge = "9".repeat(400);
        Map<String, Object> spelled = new LinkedHashMap<>();
        for (String none : List.of("NaN", "nan", "-NaN", "Infinity", "-Infinity", "inf", "-inf", "+Infinity", "1e999",
                "-1e999", "float('inf')", "float(\"nan\")", "math.inf", "1j", "2+3j", "0x", "0b2", "0o8", "1__0", "_1",
                "1_", "--1", "1e", "1e+", "1.2.3", "\u0661", "\u00bd", "0x1.8p3", "1f", "1L", "9".repeat(5000))) {
            spelled.put(none, "");
        }
        spelled.put("1_000", 1000L);
        spelled.put("0x1F", 31L);
        spelled.put("0b101", 5L);
        spelled.put("0o17", 15L);
        spelled.put("-0x1F", -31L);
        spelled.put("+7", 7L);
        spelled.put("-0", 0L);
        spelled.put("-0.0", -0.0);
        spelled.put(".5", 0.5);
        spelled.put("5.", 5.0);
        spelled.put("1_0.2_5e1", 102.5);
        spelled.put("1E3", 1000.0);
        spelled.put("00", 0L);
        spelled.put("9223372036854775808", new BigInteger("9223372036854775808"));
        spelled.put(huge, new BigInteger(huge));
        spelled.put("-" + huge, new BigInteger(huge).negate());
        spelled.put("5e-324", Double.MIN_VALUE);
        spelled.put("1e-999", 0.0);
        return dialects().filter(dialect -> !(dialect instanceof PlainDialect) && !(dialect instanceof ThinkDialect))
                .flatMap(dialect -> spelled.entrySet().stream()
                        .map(each -> Arguments.of(dialect, each.getKey(), each.getValue())));
    }

    /**
     * A number is read as what it is, or kept as the text that it was, or its call is a problem that is told; it never becomes
     * another number, or one that cannot be written, and costs no call beside it.
     */
    @ParameterizedTest
    @MethodSource("numbers")
    void numbersOfPythonAreReadAsTheyAreOrNotAtAll(Dialect dialect, String number, Object meant) {
        for (boolean nested : List.of(false, true)) {
            Object place = 4242424242L;
            Map<String, @Nullable Object> sound = Map.of("y", 1L);
            String text = dialect.write(List.of(new ToolCall("0", "f", Map.of("x", nested ? List.of(place) : place)),
                    new ToolCall("1", "g", sound)));
            assertTrue(text.contains("4242424242"), text);
            ParsedAnswer answer = ParsedAnswer.of(dialect, text.replace("4242424242", number));
            List<ToolCall> calls = answer.calls();
            assertTrue(calls.stream().anyMatch(call -> call.name().equals("g") && call.arguments().equals(sound)),
                    text + " -> " + answer);
            assertEquals("", answer.content());
            List<ToolCall> first = calls.stream().filter(call -> call.name().equals("f")).toList();
            assertEquals(first.isEmpty(), !answer.problems().isEmpty(), number + " -> " + answer);
            for (ToolCall call : first) {
                Json.parse(Json.write(call.arguments()));
                Object read = call.arguments().get("x") instanceof List<?> list
                        ? list.getFirst()
                        : call.arguments().get("x");
                if (read instanceof Number value) {
                    assertTrue(meant instanceof Number wanted && wanted.doubleValue() == value.doubleValue(),
                            number + " -> " + value);
                    assertTrue(!(meant instanceof BigInteger) || meant.equals(value), number + " -> " + value);
                } else if (read != null) {
                    assertTrue(String.valueOf(read).contains(number), number + " -> " + read);
                }
            }
        }
    }

    private static Map<String, @Nullable Object> object(Random random, int depth) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(random.nextInt(3) > 0 ? pick(random, "x", "from", "y_1", "größe") : string(random),
                    value(random, depth));
        }
        return map;
    }

    private static @Nullable Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> random.nextLong();
            case 3 -> (long) random.nextInt(100);
            case 4 -> new BigInteger(200, random).add(BigInteger.ONE.shiftLeft(64)).negate();
            case 5 -> random.nextBoolean()
                    ? random.nextGaussian()
                    : Math.scalb(random.nextDouble(), random.nextInt(2000) - 1000);
            case 6 -> string(random);
            case 7 -> object(random, depth - 1);
            default -> Arrays.asList(value(random, depth - 1), value(random, depth - 1));
        };
    }

    private static String string(Random random) {
        StringBuilder builder = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            builder.append(random.nextBoolean()
                    ? PIECES[random.nextInt(PIECES.length)]
                    : pick(random, "<|im_end|>", "</s>", "[INST]", "<|tool_response_start|>", "\t", "\b", "\u007f",
                            "\udc00", "/",
                            "\u2028"));
        }
        return Json.wellFormed(builder.toString());
    }

    private static String pick(Random random, String... of) {
        return of[random.nextInt(of.length)];
    }
}
