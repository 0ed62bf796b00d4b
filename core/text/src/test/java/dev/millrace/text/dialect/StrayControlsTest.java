/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ThinkingMarks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Control tokens that do not belong where a model picks them: what it says besides stays as it is, and they are never text. */
class StrayControlsTest {

    private static final int ROUNDS = 600;

    /** How the marks of all families are spelled. */
    private static final Pattern MARK = Pattern.compile("<\\|[a-z_]+\\|>|</?think>|</?tool_call>|\\[/?[A-Z_]+\\]");

    private static final List<String> KNOWN = List.of("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<s>", "</s>",
            "<unk>", "<pad>", "<bos>", "<eos>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>",
            "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<|assistant|>", "<|user|>", "<|fim_prefix|>",
            "<mask>", "<unused7>", "<extra_id_0>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|image_pad|>",
            "<tool_response>", "</tool_response>", "<|reserved_special_token_7|>", "<|end_of_role|>", "<0x0A>",
            "[SEP]");

    private static final List<ToolCall> CALLS = List.of(
            new ToolCall("0", "read", Map.of("room", "it's \"the\" cellar, [1]")),
            new ToolCall("1", "open", Map.of("valve", 2L)));

    static Stream<Dialect> dialects() {
        return Dialects.builtIn().stream();
    }

    /** A whole answer of a family: pieces of text, and marks. */
    private static List<String> answer(Dialect dialect, Random random) {
        StringBuilder text = new StringBuilder();
        ThinkingMarks marks = dialect.thinkingMarks().orElse(null);
        boolean thinks = marks != null && random.nextBoolean();
        if (thinks && marks != null) {
            text.append(marks.open()).append("The user asks. So I call.").append(marks.close());
        }
        text.append(!thinks && marks != null ? marks.answer() : "").append("Right away. ");
        if (!(dialect instanceof PlainDialect) && !(dialect instanceof ThinkDialect)
                && !(dialect instanceof HarmonyDialect)) {
            text.append(dialect.write(CALLS));
        }
        List<String> pieces = new ArrayList<>();
        Matcher mark = MARK.matcher(text);
        int at = 0;
        while (mark.find()) {
            pieces.add(text.substring(at, mark.start()));
            pieces.add(mark.group());
            at = mark.end();
        }
        pieces.add(text.substring(at));
        pieces.removeIf(String::isEmpty);
        return pieces;
    }

    /** What a parser makes of pieces; those that are control tokens come as such. */
    private static ParsedAnswer parsed(Dialect dialect, List<String> pieces, Set<String> controls) {
        List<DialectEvent> events = new ArrayList<>();
        DialectParser parser = dialect.parser(false);
        for (String piece : pieces) {
            if (controls.contains(piece) || MARK.matcher(piece).matches()) {
                parser.control(piece, events::add);
            } else {
                parser.accept(piece, events::add);
            }
        }
        parser.finish(events::add);
        return ParsedAnswer.of(events);
    }

    private static String invented(Random random) {
        String letters = "abcdefghijklmnopqrstuvwxyz_";
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(12); i >= 0; i--) {
            name.append(letters.charAt(random.nextInt(letters.length())));
        }
        return switch (random.nextInt(4)) {
            case 0 -> "<|x" + name + "|>";
            case 1 -> "<x" + name + ">";
            case 2 -> "[X" + name + "]";
            default -> "\u2581x" + name;
        };
    }

    /** Anywhere at all: between parts, in the middle of words, of thinking and of the arguments of calls. */
    @ParameterizedTest
    @MethodSource("dialects")
    void tokensOfOthersVanishWithoutATrace(Dialect dialect) {
        Random random = new Random(21);
        for (int round = 0; round < ROUNDS; round++) {
            List<String> sound = answer(dialect, random);
            List<String> strayed = new ArrayList<>();
            Set<String> controls = new HashSet<>(KNOWN);
            for (String piece : sound) {
                String rest = piece;
                while (random.nextInt(3) > 0) {
                    String stray = random.nextBoolean()
                            ? KNOWN.get(random.nextInt(KNOWN.size()))
                            : invented(random);
                    controls.add(stray);
                    int cut = MARK.matcher(piece).matches() || isHeader(dialect, piece)
                            ? 0
                            : random.nextInt(rest.length() + 1);
                    strayed.add(rest.substring(0, cut));
                    rest = rest.substring(cut);
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        strayed.add(stray);
                    }
                }
                strayed.add(rest);
            }
            strayed.removeIf(String::isEmpty);
            assertEquals(parsed(dialect, sound, controls), parsed(dialect, strayed, controls),
                    () -> dialect.id() + " " + strayed);
        }
    }

    private static boolean isHeader(Dialect dialect, String piece) {
        return dialect instanceof HarmonyDialect && (piece.startsWith("analysis") || piece.startsWith("final"));
    }

    /** A mark of the family twice or more is the mark once: nothing is lost, and nothing of it is text. */
    @ParameterizedTest
    @MethodSource("dialects")
    void marksThatAreDoubledCountOnce(Dialect dialect) {
        Random random = new Random(22);
        for (int round = 0; round < ROUNDS; round++) {
            List<String> sound = answer(dialect, random);
            List<String> doubled = new ArrayList<>();
            for (String piece : sound) {
                doubled.add(piece);
                // the arguments of Mistral's calls stand behind a mark each
                while (MARK.matcher(piece).matches() && random.nextBoolean()) {
                    doubled.add(piece);
                }
            }
            ParsedAnswer expected = parsed(dialect, sound, Set.of());
            ParsedAnswer answer = parsed(dialect, doubled, Set.of());
            assertEquals(expected.content(), answer.content(), () -> dialect.id() + " " + doubled);
            assertEquals(expected.reasoning(), answer.reasoning(), () -> dialect.id() + " " + doubled);
            assertEquals(expected.calls(), answer.calls(), () -> dialect.id() + " " + doubled);
        }
    }

    /** Marks of whatever family anywhere: text, thinking and calls are read as they can be, and never show one. */
    @ParameterizedTest
    @MethodSource("dialects")
    void marksOfAllFamiliesAnywhereAreNeverText(Dialect dialect) {
        Random random = new Random(23);
        List<String> all = new ArrayList<>(KNOWN);
        for (Dialect other : Dialects.builtIn()) {
            for (int i = 0; i < 5; i++) {
                answer(other, random).stream().filter(piece -> MARK.matcher(piece).matches()).forEach(all::add);
            }
        }
        all.addAll(List.of("<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|call|>", "<|return|>"));
        for (int round = 0; round < ROUNDS; round++) {
            List<String> pieces = new ArrayList<>();
            for (String piece : answer(dialect, random)) {
                for (int i = random.nextInt(3); i > 0; i--) {
                    pieces.add(all.get(random.nextInt(all.size())));
                }
                if (random.nextInt(8) > 0) {
                    pieces.add(piece);
                }
            }
            ParsedAnswer answer = parsed(dialect, pieces, Set.copyOf(all));
            for (String control : all) {
                assertFalse(answer.content().contains(control), () -> dialect.id() + " " + pieces + " -> " + answer);
                assertFalse(answer.reasoning().contains(control), () -> dialect.id() + " " + pieces + " -> " + answer);
            }
        }
    }
}
