/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of dialects finds what is wrong with one. */
class DialectContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, LOOKS_INTO_PIECES_ALONE, SHOWS_CONTROLS, THROWS_ON_BROKEN_CALLS, LOSES_THE_END, WRITES_NUMBERS_AS_TEXT, NEVER_ENDS, HAS_ONE_PARSER, MATCHES_BEYOND_A_HUNDRED, LEAVES_CALLS_OPEN, THINKS_NEVER
    }

    /** Thinking between {@code <t>} and {@code </t>}, calls between {@code <<} and {@code >>}: a name and JSON. */
    private static final class Angles implements Dialect {

        private final Fault fault;
        private @Nullable Parser shared;

        Angles(Fault fault) {
            this.fault = fault;
        }

        @Override
        public String id() {
            return "angles";
        }

        @Override
        public int match(ModelText model) {
            return model.template().contains("<<") ? fault == Fault.MATCHES_BEYOND_A_HUNDRED ? 101 : 90 : 0;
        }

        @Override
        public DialectParser parser(boolean insideThinking) {
            String mark = insideThinking && fault != Fault.THINKS_NEVER ? "<t>" : "";
            if (fault != Fault.HAS_ONE_PARSER) {
                return new Parser(fault, mark);
            }
            if (shared == null) {
                shared = new Parser(fault, mark);
            }
            return shared;
        }

        @Override
        public String write(List<ToolCall> calls) {
            return calls.stream().map(call -> "<<" + call.name() + " " + Json.write(written(call.arguments()))
                    .replace("<", "\\u003c").replace(">", "\\u003e") + ">>").collect(Collectors.joining());
        }

        private Map<String, @Nullable Object> written(Map<String, @Nullable Object> arguments) {
            if (fault != Fault.WRITES_NUMBERS_AS_TEXT) {
                return arguments;
            }
            Map<String, @Nullable Object> texts = new java.util.LinkedHashMap<>(arguments);
            texts.replaceAll((name, value) -> value instanceof Number ? String.valueOf(value) : value);
            return texts;
        }
    }

    private static final class Parser implements DialectParser {

        private final Fault fault;
        private final StringBuilder held = new StringBuilder();
        /** The mark that the present part began with, or nothing for text. */
        private String part;
        private int calls;

        Parser(Fault fault, String part) {
            this.fault = fault;
            this.part = part;
        }

        private List<String> ends() {
            return switch (part) {
                case "<t>" -> List.of("</t>");
                case "<<" -> List.of(">>");
                default -> List.of("<t>", "<<");
            };
        }

        @Override
        public void accept(String text, Consumer<? super DialectEvent> out) {
            held.append(text);
            int from = Math.max(0, held.length() - text.length() - 3);
            for (int at = next(from); at >= 0; at = next(0)) {
                String mark = markAt(at);
                String before = held.substring(0, at);
                held.delete(0, at + mark.length());
                give(before, out);
                enter(mark, out);
            }
            if (!part.equals("<<")) {
                int certain = fault == Fault.LOOKS_INTO_PIECES_ALONE ? held.length() : held.length() - started();
                give(held.substring(0, certain), out);
                held.delete(0, certain);
            }
        }

        private int next(int from) {
            return ends().stream().mapToInt(end -> held.indexOf(end, from)).filter(at -> at >= 0).min().orElse(-1);
        }

        private String markAt(int at) {
            return ends().stream().filter(end -> held.indexOf(end, at) == at).findFirst().orElseThrow();
        }

        /** Characters at the end that may become a mark. */
        private int started() {
            for (int length = Math.min(3, held.length()); length > 0; length--) {
                String end = held.substring(held.length() - length);
                if (ends().stream().anyMatch(mark -> mark.length() > end.length() && mark.startsWith(end))) {
                    return length;
                }
            }
            return 0;
        }

        private void give(String text, Consumer<? super DialectEvent> out) {
            if (part.equals("<<")) {
                call(text, out);
            } else if (!text.isEmpty()) {
                out.accept(part.isEmpty() ? new DialectEvent.Text(text) : new DialectEvent.Thinking(text));
            }
        }

        private void enter(String mark, Consumer<? super DialectEvent> out) {
            part = mark.equals("<t>") || mark.equals("<<") ? mark : "";
            if (fault == Fault.LEAVES_CALLS_OPEN && part.equals("<<")) {
                out.accept(new DialectEvent.CallStarted(calls, "f"));
            }
        }

        private void call(String text, Consumer<? super DialectEvent> out) {
            int space = text.indexOf(' ');
            Object value;
            try {
                value = Json.parse(text.substring(space + 1));
            } catch (RuntimeException e) {
                value = null;
            }
            if (space < 1 || !(value instanceof Map<?, ?> map)) {
                if (fault == Fault.THROWS_ON_BROKEN_CALLS) {
                    throw new IllegalStateException("no call: " + text.length());
                }
                if (fault != Fault.LEAVES_CALLS_OPEN) {
                    out.accept(new DialectEvent.Problem("This is no call.", text));
                }
                return;
            }
            Map<String, @Nullable Object> arguments = new java.util.LinkedHashMap<>();
            map.forEach((name, one) -> arguments.put(String.valueOf(name), one));
            String name = text.substring(0, space);
            if (fault != Fault.LEAVES_CALLS_OPEN) {
                out.accept(new DialectEvent.CallStarted(calls, name));
            }
            out.accept(new DialectEvent.CallArguments(calls, text.substring(space + 1)));
            out.accept(new DialectEvent.CallCompleted(calls, new ToolCall(Integer.toString(calls), name, arguments)));
            calls++;
        }

        @Override
        public void control(String spelling, Consumer<? super DialectEvent> out) {
            if (fault == Fault.SHOWS_CONTROLS) {
                accept(spelling, out);
            } else if (ends().contains(spelling)) {
                String before = held.toString();
                held.setLength(0);
                give(before, out);
                enter(spelling, out);
            }
        }

        @Override
        public void finish(Consumer<? super DialectEvent> out) {
            while (fault == Fault.NEVER_ENDS && held.length() > 10_000 && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            String rest = held.toString();
            held.setLength(0);
            if (part.equals("<<")) {
                if (fault == Fault.THROWS_ON_BROKEN_CALLS) {
                    throw new IllegalStateException("cut off");
                }
                if (fault != Fault.LEAVES_CALLS_OPEN) {
                    out.accept(new DialectEvent.Problem("The call is cut off.", rest));
                }
            } else if (fault != Fault.LOSES_THE_END) {
                give(rest, out);
            }
        }
    }

    /** The contract, for a dialect with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends DialectContract {

        private final Fault fault;

        Subject(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected Dialect dialect() {
            return new Angles(fault);
        }

        @Override
        protected ModelText model() {
            return new ModelText("<<", token -> true);
        }

        @Override
        protected List<String> answers() {
            return List.of("<t>Hm.</t>Reading.<<read {\"room\": \"cellar\"}>><<f {}>>", "Nothing < to call.");
        }

        @Override
        protected Set<String> marks() {
            return Set.of("<t>", "</t>", "<<", ">>");
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(fault == Fault.NEVER_ENDS ? 1 : 30);
        }
    }

    @Test
    void aSoundDialectPasses() {
        ContractRun.all(Subject.class, Fault.NONE).assertSound(10);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            LOOKS_INTO_PIECES_ALONE,  answersGiveTheSameEventsWhereverTheyAreCut,  holds back
            LOOKS_INTO_PIECES_ALONE,  hostileAnswersGiveTheSameEventsWhereverTheyAreCut, holds back
            SHOWS_CONTROLS,           controlTokensNeverBecomeText,                override DialectParser.control
            THROWS_ON_BROKEN_CALLS,   hostileAnswersGiveTheSameEventsWhereverTheyAreCut, takes any text
            LOSES_THE_END,            textWithoutMarksIsNeverLost,                 is not what the user reads
            WRITES_NUMBERS_AS_TEXT,   whatIsWrittenReadsBack,                      is read as other calls
            NEVER_ENDS,               hostileAnswersEnd,                           not read to its end
            HAS_ONE_PARSER,           parsersAreIndependentOfEachOther,            owns its state
            MATCHES_BEYOND_A_HUNDRED, matchesItsModelsFromZeroToAHundred,          101
            LEAVES_CALLS_OPEN,        hostileAnswersGiveTheSameEventsWhereverTheyAreCut, CallCompleted
            THINKS_NEVER,             anAnswerThatBeginsInsideThinkingIsThinking,  inside thinking
            """)
    void aFaultIsReportedByTheTestThatIsMeantForIt(Fault fault, String test, String words) {
        ContractRun.one(Subject.class, fault, test).assertReports(words);
    }
}
