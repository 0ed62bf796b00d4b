/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.AnswerEvents.shown;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import dev.millrace.tck.AnswerEvents.Piece;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/**
 * What every dialect promises. A dialect's tests extend this class and name the dialect, a model that writes it, and answers as
 * such models write them.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class DialectContract {

    /** Parts of answers that are easily taken for something else. */
    private static final List<String> PIECES = List.of("<", "<|", "|>", "</", "[", "]", "(", ")", "{", "}", ",", ";",
            ":",
            "=", "'", "\"", "'''", "\\", "\n", "\r\n", " ", "f", "f(x=1)", "g(", "y='a'", "[f(",
            "{\"name\": \"f\", \"arguments\": {\"x\": 1}}", "{\"name\": \"f\", \"parameters\": {", "\"name\"", "final",
            "True", "null", "07", "-", "1e5", "\\u12", "é", "😀", "\ud83d", "\u0000", "x ".repeat(150), "[".repeat(200),
            "\n".repeat(300));

    /** Parts that no dialect takes for a mark. */
    private static final List<String> PLAIN = List.of("a", " ", "\n", "<", "<b>", "[x]", "{", "}", "(", ")", "'", "\"",
            "é", "\\", "name", ":", "😀");

    private static final List<String> UNKNOWN = List.of("<|tck_unknown|>", "<|tck_7|>", "[TCK]", "<tck>", "</tck>");

    private static final int ROUNDS = 800;
    private static final int LONG = 60_000;

    /** For classes that extend this one. */
    protected DialectContract() {
    }

    /**
     * The dialect under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract Dialect dialect();

    /**
     * A model that writes the dialect.
     *
     * @return its template and vocabulary, as far as the dialect looks at them
     */
    protected abstract ModelText model();

    /**
     * Answers as models of the family write them, with thinking and calls if it has them.
     *
     * @return at least one; control tokens as they are spelled
     */
    protected abstract List<String> answers();

    /**
     * Marks that divide an answer, such as {@code <think>}: single tokens of the family's vocabulary.
     *
     * @return their spellings; empty for a dialect without marks
     */
    protected abstract Set<String> marks();

    /**
     * Whether what {@link Dialect#write} gives is read back as calls.
     *
     * @return true by default; false for a dialect whose models call no tools
     */
    protected boolean readsCalls() {
        return true;
    }

    /**
     * Names of tools that can be called in this dialect.
     *
     * @return names as {@link dev.millrace.api.ToolDefinition} allows them
     */
    protected List<String> toolNames() {
        return List.of("f", "read.out", "a-b", "1x", "set_Valve");
    }

    /**
     * How long one answer may take to be read, as a guard against parsers that never end.
     *
     * @return half a minute by default
     */
    protected Duration patience() {
        return Duration.ofSeconds(30);
    }

    private AnswerEvents read(boolean thinking, List<Piece> pieces) {
        return AnswerEvents.of(dialect(), thinking, pieces);
    }

    private static List<Piece> cut(String text, int... at) {
        List<Piece> pieces = new ArrayList<>();
        int from = 0;
        for (int to : at) {
            pieces.add(Piece.text(text.substring(from, to)));
            from = to;
        }
        pieces.add(Piece.text(text.substring(from)));
        return pieces;
    }

    private static List<Piece> characters(String text) {
        return text.chars().mapToObj(c -> Piece.text(Character.toString((char) c))).toList();
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private void assertSame(AnswerEvents whole, AnswerEvents cut, String answer, String how) {
        assertEquals(whole.events(), cut.events(), () -> "The answer " + shown(answer) + " gives other events " + how
                + ". A parser holds back what may become a mark until it is certain.");
    }

    private String random(Random random) {
        List<String> known = new ArrayList<>(marks());
        List<String> answers = answers();
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(25); i >= 0; i--) {
            String answer = pick(random, answers);
            int from = random.nextInt(answer.length() + 1);
            text.append(switch (known.isEmpty() ? random.nextInt(2) : random.nextInt(3)) {
                case 0 -> pick(random, PIECES);
                case 1 -> answer.substring(from, Math.min(answer.length(), from + random.nextInt(20)));
                default -> pick(random, known);
            });
        }
        return text.toString();
    }

    // ---- what it says of itself

    @Test
    void matchesItsModelsFromZeroToAHundred() {
        int match = dialect().match(model());
        assertTrue(match > 0 && match <= 100, () -> "match gives " + match
                + " for the model under test: 1 to 100 for a model that writes this dialect, the more the surer.");
        assertEquals(match, dialect().match(model()), "match is stateless");
        assertFalse(dialect().id().isBlank(), "id is a short name");
        for (String template : List.of("", "{{ messages }}", "{% <|", "x".repeat(100_000))) {
            for (boolean any : new boolean[]{false, true}) {
                int other = dialect().match(new ModelText(template, token -> any));
                assertTrue(other >= 0 && other <= 100, () -> "match gives " + other + ", outside of 0 to 100.");
            }
        }
    }

    // ---- cuts

    @Test
    void answersGiveTheSameEventsWhereverTheyAreCut() {
        for (String answer : answers()) {
            AnswerEvents whole = AnswerEvents.of(dialect(), answer);
            for (int at = 0; at <= answer.length(); at++) {
                assertSame(whole, read(false, cut(answer, at)), answer, "if it is cut at " + at);
            }
            assertSame(whole, read(false, characters(answer)), answer, "if it comes character by character");
        }
    }

    @Test
    void hostileAnswersGiveTheSameEventsWhereverTheyAreCut() {
        Random random = new Random(42);
        for (int round = 0; round < ROUNDS; round++) {
            String answer = random(random);
            boolean thinking = random.nextInt(4) == 0;
            AnswerEvents whole = read(thinking, cut(answer));
            assertSame(whole, read(thinking, characters(answer)), answer, "if it comes character by character");
            int[] cuts = random.ints(random.nextInt(6), 0, answer.length() + 1).sorted().toArray();
            assertSame(whole, read(thinking, cut(answer, cuts)), answer, "if it is cut at " + Arrays.toString(cuts));
        }
    }

    @Test
    void parsersAreIndependentOfEachOther() {
        List<String> answers = answers();
        for (int i = 0; i < answers.size(); i++) {
            String one = answers.get(i);
            String two = answers.get((i + 1) % answers.size()) + "x";
            List<String> alone = List.of(AnswerEvents.of(dialect(), one).toString(),
                    AnswerEvents.of(dialect(), two).toString());
            Dialect shared = dialect();
            List<DialectParser> parsers = List.of(shared.parser(false), shared.parser(false));
            List<List<Piece>> pieces = List.of(characters(one), characters(two));
            List<Interleaved> both = List.of(new Interleaved(parsers.get(0), pieces.get(0)),
                    new Interleaved(parsers.get(1), pieces.get(1)));
            List<AnswerEvents> found = Interleaved.read(both);
            assertEquals(alone, found.stream().map(AnswerEvents::toString).toList(),
                    "Two answers that are read at the same time disturb each other: a parser owns its state.");
        }
    }

    /** A parser that is fed piece by piece, in turn with others. */
    private record Interleaved(DialectParser parser, List<Piece> pieces) {

        static List<AnswerEvents> read(List<Interleaved> all) {
            List<AnswerEvents> events = new ArrayList<>();
            all.forEach(one -> events.add(AnswerEvents.empty()));
            int longest = all.stream().mapToInt(one -> one.pieces.size()).max().orElse(0);
            for (int at = 0; at < longest; at++) {
                for (int i = 0; i < all.size(); i++) {
                    Interleaved one = all.get(i);
                    if (at < one.pieces.size()) {
                        one.parser.accept(one.pieces.get(at).text(), events.get(i)::add);
                    }
                }
            }
            for (int i = 0; i < all.size(); i++) {
                all.get(i).parser.finish(events.get(i)::add);
            }
            return events;
        }
    }

    // ---- text and marks

    @Test
    void textWithoutMarksIsNeverLost() {
        Random random = new Random(7);
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                text.append(pick(random, PLAIN));
            }
            if (marks().stream().anyMatch(mark -> text.indexOf(mark) >= 0)) {
                continue;
            }
            AnswerEvents events = AnswerEvents.of(dialect(), text.toString());
            assertEquals(text.toString(), events.text(), () -> "Text without a mark, " + shown(text.toString())
                    + ", is not what the user reads: " + events);
        }
    }

    @Test
    void marksMeanTheSameAsTextAndAsControlTokens() {
        for (String answer : answers()) {
            assertSame(AnswerEvents.of(dialect(), answer), read(false, withControls(answer)), answer,
                    "if its marks come by control(), as the engine hands on control tokens");
        }
    }

    @Test
    void controlTokensNeverBecomeText() {
        List<String> controls = new ArrayList<>(marks());
        controls.addAll(UNKNOWN);
        Random random = new Random(5);
        for (int round = 0; round < ROUNDS; round++) {
            List<Piece> pieces = new ArrayList<>();
            for (int i = random.nextInt(12); i >= 0; i--) {
                String answer = pick(random, answers());
                int from = random.nextInt(answer.length() + 1);
                // no part of an answer that spells a mark: that is text which spells one
                pieces.add(random.nextBoolean()
                        ? Piece.control(pick(random, controls))
                        : Piece.text(without(answer.substring(from, Math.min(answer.length(), from + 12)))));
            }
            AnswerEvents events = read(random.nextInt(4) == 0, pieces);
            for (String control : controls) {
                assertFalse(events.text().contains(control) || events.thinking().contains(control),
                        () -> "The control token " + control + " becomes text in "
                                + shown(pieces.stream().map(Piece::text).collect(Collectors.joining()))
                                + ": override DialectParser.control, and drop what the dialect does not know.");
            }
        }
    }

    private Pattern marksPattern() {
        return Pattern.compile(marks().stream().sorted((a, b) -> b.length() - a.length()).map(Pattern::quote)
                .collect(Collectors.joining("|")));
    }

    private List<Piece> withControls(String answer) {
        List<Piece> pieces = new ArrayList<>();
        int at = 0;
        if (!marks().isEmpty()) {
            Matcher mark = marksPattern().matcher(answer);
            while (mark.find()) {
                pieces.add(Piece.text(answer.substring(at, mark.start())));
                pieces.add(Piece.control(mark.group()));
                at = mark.end();
            }
        }
        pieces.add(Piece.text(answer.substring(at)));
        return pieces;
    }

    private String without(String text) {
        return text.replaceAll("[<>|\\[\\]]", "");
    }

    @Test
    void anAnswerThatBeginsInsideThinkingIsThinking() {
        String text = "I look at the cellar first";
        AnswerEvents inside = read(true, cut(text));
        assertEquals(List.of(text, ""), List.of(inside.thinking(), inside.text()),
                "parser(true) is for a prompt that ends inside thinking, so its first words are thinking.");
        AnswerEvents outside = read(false, cut(text));
        assertEquals(List.of("", text), List.of(outside.thinking(), outside.text()),
                "parser(false) begins outside of thinking.");
    }

    // ---- calls

    @Test
    void whatIsWrittenReadsBack() {
        assumeTrue(readsCalls(), "readsCalls() says that models call no tools in this dialect");
        Random random = new Random(3);
        for (int round = 0; round < ROUNDS; round++) {
            List<ToolCall> calls = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                calls.add(new ToolCall(Integer.toString(calls.size()), pick(random, toolNames()), object(random, 2)));
            }
            String text = dialect().write(calls);
            AnswerEvents events = AnswerEvents.of(dialect(), text);
            assertEquals(calls, events.calls(), () -> "write gives " + shown(text)
                    + ", which is read as other calls (ids are the numbers of the calls)" + problems(events));
            assertEquals("", events.text(), () -> "write gives " + shown(text) + ", of which a part is read as text");
            assertEquals(List.of(), events.problems(), () -> "write gives " + shown(text));
        }
    }

    private static String problems(AnswerEvents events) {
        return events.problems().isEmpty() ? "" : ": " + events.problems();
    }

    private Map<String, @Nullable Object> object(Random random, int depth) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(pick(random, List.of("x", "from", "y_1", "größe")), value(random, depth));
        }
        return map;
    }

    private @Nullable Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 6)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> random.nextLong();
            case 3 -> (long) random.nextInt(100);
            case 4 -> random.nextGaussian();
            case 5 -> string(random);
            case 6 -> object(random, depth - 1);
            default -> Arrays.asList(value(random, depth - 1), value(random, depth - 1));
        };
    }

    /** Texts that spell marks, too: they have to be escaped. */
    private String string(Random random) {
        List<String> parts = new ArrayList<>(marks());
        parts.addAll(List.of("it's", "\"", "\\", "\n", "\t", "{", "]", ")", " ", "é", "😀", "1", "true", "</", "/"));
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(pick(random, parts));
        }
        return text.toString();
    }

    // ---- answers that are meant to harm

    @Test
    void hostileAnswersEnd() {
        List<String> opens = new ArrayList<>(new TreeSet<>(marks()));
        opens.add("");
        for (String open : opens) {
            for (String filler : List.of("f(x='", "[", "(", "{", "f(", "1,", "{\"name\": \"f\", ", "\n", "<", "<|",
                    "\\",
                    "\"", "f(x=1),")) {
                String answer = open + filler.repeat(LONG / filler.length());
                assertEnds(answer);
            }
        }
        for (String mark : marks()) {
            assertEnds(mark.repeat(LONG / mark.length() / 4));
            assertEnds((mark + "f(x=1)\n").repeat(LONG / mark.length() / 8));
        }
    }

    private void assertEnds(String answer) {
        int[] cuts = new int[answer.length() / 3];
        Arrays.setAll(cuts, i -> 3 * i);
        List<Piece> pieces = cut(answer, cuts);
        assertTimeoutPreemptively(patience(), () -> read(false, pieces), () -> "An answer of " + answer.length()
                + " characters, " + shown(answer)
                + ", is not read to its end: look at each character a bounded number of"
                + " times.");
    }
}
