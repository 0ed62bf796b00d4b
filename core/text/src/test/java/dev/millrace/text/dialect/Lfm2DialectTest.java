/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectEvent.CallArguments;
import dev.millrace.spi.text.DialectEvent.CallCompleted;
import dev.millrace.spi.text.DialectEvent.CallStarted;
import dev.millrace.spi.text.DialectEvent.Problem;
import dev.millrace.spi.text.DialectEvent.Text;
import dev.millrace.spi.text.DialectEvent.Thinking;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Lfm2DialectTest {

    private static final String START = "<|tool_call_start|>";
    private static final String END = "<|tool_call_end|>";

    private final Lfm2Dialect dialect = new Lfm2Dialect();

    @Test
    void tellsAnAnswerInOrder() {
        String text = "<think>Damp?</think>A moment." + START + "[read(room='cellar', what=\"damp\"), now()]" + END
                + "\nDone.";
        assertEquals(List.of(new Thinking("Damp?"), new Text("A moment."), new CallStarted(0, "read"),
                new CallArguments(0, "room='cellar', what=\"damp\""),
                new CallCompleted(0, new ToolCall("0", "read", map("room", "cellar", "what", "damp"))),
                new CallStarted(1, "now"), new CallCompleted(1, new ToolCall("1", "now", Map.of())),
                new Text("\nDone.")), Streams.events(dialect, text));
    }

    @Test
    void tellsWhatIsCertainAtOnce() {
        List<DialectEvent> events = new ArrayList<>();
        var parser = dialect.parser(false);
        parser.accept("Hi <", events::add);
        assertEquals(List.of(new Text("Hi ")), events);
        parser.accept("b>" + START + "[open(valve=", events::add);
        assertEquals(List.of(new Text("<b>"), new CallStarted(0, "open"), new CallArguments(0, "valve=")),
                events.subList(1, events.size()));
        parser.accept("3)", events::add);
        assertEquals(new CallCompleted(0, new ToolCall("0", "open", map("valve", 3L))), events.getLast());
    }

    @Test
    void startsInsideThinkingWhenThePromptOpenedIt() {
        assertEquals(List.of(new Thinking("so"), new Text("yes")), Streams.events(dialect, true, "so</think>yes"));
        String again = "\n<think>so</think>yes";
        for (int cut = 0; cut < again.length(); cut++) {
            assertEquals(List.of(new Thinking("so"), new Text("yes")),
                    Streams.events(dialect, true, Streams.cut(again, cut)));
        }
        assertEquals(List.of(new Thinking(" <thin air>")), Streams.events(dialect, true, " <thin air>"));
        assertEquals(List.of(new Thinking("a <think> b")), Streams.events(dialect, true, "a <think> b"));
    }

    @Test
    void dropsARepeatedBodyButNoOtherText() {
        String block = START + "[a(x=1)]" + END;
        List<DialectEvent> call = Streams.events(dialect, block);
        assertEquals(call, Streams.events(dialect, block + "[a(x=1)]" + END + "\n[a(x=1)]" + END));
        assertEquals(call, Streams.events(dialect, block + " [a(x=1)]"));
        assertEquals(" [a(x=2)]", content(block + " [a(x=2)]" + END));
        assertEquals("[a", content(block + "[a"));
        assertEquals("\n  ", content(block + "\n  "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            f(1)                    | arguments must be named
            f(x)                    | a value must be a literal
            f(x=1, 2)               | an argument without a name follows a named one
            f(*3)                   | '*' must stand before a list
            f(x=y)                  | a value must be a literal
            f(x=g(1))               | a value must be a literal
            f(x=1, x=2)             | 'x' is given twice
            f(x={'a': 1, 'a': 2})   | 'a' is given twice
            f(x=1 y=2)              | expected ',' or ')'
            f(x=1e999)              | a number is malformed
            f(x=0x)                 | a number is malformed
            f(x={[1]: 2})           | a key must be a string
            f[0](x=1                | not a call
            f(x='1)                 | cut off
            {"arguments": {}}       | needs a "name"
            {"name": 1}             | needs a "name"
            {"name": "f", "arguments": 3}                     | must be an object
            {"name": "f", "arguments": {}, "parameters": {}}  | not both
            just words              | not a call
            """)
    void reportsWhatItCannotUnderstand(String body, String message) {
        ParsedAnswer answer = ParsedAnswer.of(dialect, START + "[" + body + "]" + END);
        assertEquals(List.of(), answer.calls());
        assertEquals(1, answer.problems().size());
        assertTrue(answer.problems().getFirst().message().contains(message), answer.problems().toString());
        assertTrue(answer.problems().getFirst().source().startsWith(body.strip()), answer.problems().toString());
    }

    @Test
    void keepsTheSiblingsOfABrokenCall() {
        List<DialectEvent> events = Streams.events(dialect, START + "[a(x=1), b('?'), 7, so, c(y=2)]" + END);
        assertEquals(List.of(new CallStarted(0, "a"), new CallArguments(0, "x=1"),
                new CallCompleted(0, new ToolCall("0", "a", map("x", 1L))), new CallStarted(1, "b"),
                new CallArguments(1, "'?'"),
                new Problem("The call cannot be understood: arguments must be named: b(name=value, ...).", "b('?')"),
                new Problem("This is not a call of a tool.", "7, so,"), new CallStarted(2, "c"),
                new CallArguments(2, "y=2"), new CallCompleted(2, new ToolCall("2", "c", map("y", 2L)))), events);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[f(x='a', )]", "[ f ( x = 'a' ) ]", "f(x=('a'))", "f(x=\"\"\"a\"\"\")", "[f(x=r'a')]",
            "f(x=u'a'),", "[f(x='\\x61')]", "[f(x='\\u0061')]", "[f(x='\\U00000061')]", "[f(x='\\141')]",
            "f(x='' 'a' \"\")",
            "[[f(x='a')]]", "{'name': 'f', 'arguments': {'x': 'a'}}",
            "[{\"name\": \"f\", \"arguments\": \"{\\\"x\\\": \\\"a\\\"}\"}]",
            "{\"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": {\"x\": \"a\"}}}"})
    void takesManySpellingsOfOneCall(String body) {
        ParsedAnswer answer = ParsedAnswer.of(dialect, START + body + END);
        assertEquals(List.of(new ToolCall("0", "f", map("x", "a"))), answer.calls(), answer.problems().toString());
    }

    @Test
    void readsValuesAsPythonDoes() {
        String body = "f(a=1_000, b=0x1F, c=-0, d=1., e=.5, f=9223372036854775808, g=-9223372036854775808, h=(), i=(1,),"
                + " j=(None), k={1, 2,}, l={1: 'x', None: {}, True: [[]]}, m='it\\'s', n='''a'b\n''', o=r'\\n', p='\\N \\q')";
        Map<String, @Nullable Object> keys = map("1", "x", "null", Map.of(), "true", List.of(List.of()));
        Map<String, @Nullable Object> expected = map("a", 1000L, "b", 31L, "c", 0L, "d", 1.0, "e", 0.5, "f",
                new BigInteger("9223372036854775808"), "g", Long.MIN_VALUE, "h", List.of(), "i", List.of(1L), "j", null,
                "k",
                List.of(1L, 2L), "l", keys, "m", "it's", "n", "a'b\n", "o", "\\n", "p", "\\N \\q");
        ParsedAnswer answer = ParsedAnswer.of(dialect, START + body + END);
        assertEquals(List.of(new ToolCall("0", "f", expected)), answer.calls(), answer.problems().toString());
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(answer.calls().getFirst().arguments().keySet()));
    }

    @Test
    void readsTheRestOfPythonsCallSyntax() {
        String body = "f( # it's a comment)\n a='x' \"y\" # (\n 'z', **{'b': [*(1, 2), *{3: 4}], 'c': {**{'d': 1}, 'e': 2}},\\\n"
                + " g={*[7], 8}, h=- 3, i='\\N{BULLET}\\\r\n!', *[])";
        ParsedAnswer answer = ParsedAnswer.of(dialect, START + "[" + body + ", g()]" + END);
        Map<String, @Nullable Object> expected = map("a", "xyz", "b", List.of(1L, 2L, "3"), "c", map("d", 1L, "e", 2L),
                "g",
                List.of(7L, 8L), "h", -3L, "i", "\u2022!");
        assertEquals(List.of(new ToolCall("0", "f", expected), new ToolCall("1", "g", Map.of())), answer.calls(),
                answer.problems().toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            say(text='it's fine'), stop(id=2)                                      | stop    | 1
            stop(id=2), say(text='it's fine')                                      | stop    | 1
            run(cmd='echo 'a''), run(cmd='echo 'b'')                               | ``      | 2
            say(text='it's'), say(text='that's'), stop(id=2)                       | stop    | 2
            say(t="a "b" c"), go(x="it's"), say(t='he's'), stop(id=2)              | go,stop | 2
            {"name": "say", "arguments": {"t": "a "b" c"}}, {"name": "stop", "arguments": {"id": 2}} | stop | 1
            say(text='it's, rm(x=1), b')                                           | ``      | 1
            say(text='abc), rm(x=1)                                                | ``      | 1
            f(1, 'a' 'b), rm(x=1), c')                                             | ``      | 1
            """)
    void aStrayQuoteCostsItsOwnCallAlone(String body, String names, int problems) {
        String text = START + "[" + body + "]" + END;
        ParsedAnswer answer = ParsedAnswer.of(dialect, text);
        assertEquals(names, String.join(",", answer.calls().stream().map(ToolCall::name).toList()));
        assertEquals(problems, answer.problems().size(), answer.problems().toString());
        assertEquals(Streams.events(dialect, text), Streams.events(dialect, Streams.characters(text)));
    }

    @Test
    void marksThatMeanNothingVanish() {
        assertEquals("", content(START + "[f(a=1)]" + END + END));
        assertEquals("[f(a=1)]", content("[f(a=1)]" + END));
        ParsedAnswer closed = ParsedAnswer.of(dialect, "Let me see.</think>The lamp is on.");
        assertEquals("Let me see.", closed.reasoning());
        assertEquals("The lamp is on.", closed.content());
        String value = START + "[f(a='</think>')]" + END;
        assertEquals(1, ParsedAnswer.of(dialect, value).calls().size());
        assertEquals("ab", content("a<|im_end|><|python_tag|>[TOOL_CALLS]b"));
    }

    @Test
    void boundsTheDepthOfArguments() {
        for (String open : List.of("[", "(", "{'a': ", "{1, ")) {
            Problem problem = ParsedAnswer
                    .of(dialect, START + "f(x=" + open.repeat(200_000) + END).problems().getFirst();
            assertTrue(problem.message().contains("cut off"));
        }
        String deep = "f(x=" + "[".repeat(100_000) + "]".repeat(100_000) + ")";
        ParsedAnswer answer = ParsedAnswer.of(dialect, START + deep + END);
        assertTrue(answer.problems().getFirst().message().contains("128 deep"), answer.problems().getFirst().message());
        assertEquals(deep, answer.problems().getFirst().source());
    }

    @Test
    void writesCallsAsTheModelDoes() {
        List<ToolCall> calls = List.of(
                new ToolCall("a", "read.out", map("room", "Martha's", "n", 3L, "x", 1e-7, "all", true, "none", null)),
                new ToolCall("b", "put", map("at", map("k", Arrays.asList("\"a'\n", 2L)), "mark", END + "[x")));
        String text = dialect.write(calls);
        assertEquals(START + "[read.out(room=\"Martha's\", n=3, x=1e-07, all=True, none=None), "
                + "put(at={'k': ['\"a\\'\\n', 2]}, mark='\\x3c|tool_call_end|>[x')]" + END, text);
    }

    @Test
    void writesNamesThatPythonLacksAsJson() {
        List<ToolCall> calls = List.of(new ToolCall("0", "f", map("first name", "<think>")));
        assertEquals(START + "[{\"name\": \"f\", \"arguments\": {\"first name\": \"\\u003cthink>\"}}]" + END,
                dialect.write(calls));
        assertEquals(calls, ParsedAnswer.of(dialect, dialect.write(calls)).calls());
    }

    private String content(String text) {
        return ParsedAnswer.of(dialect, text).content();
    }

    static Map<String, @Nullable Object> map(@Nullable Object... entries) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put(String.valueOf(entries[i]), entries[i + 1]);
        }
        return map;
    }
}
