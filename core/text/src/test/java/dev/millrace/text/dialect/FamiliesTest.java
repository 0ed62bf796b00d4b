/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static dev.millrace.text.dialect.Lfm2DialectTest.map;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectEvent.CallArguments;
import dev.millrace.spi.text.DialectEvent.CallCompleted;
import dev.millrace.spi.text.DialectEvent.CallStarted;
import dev.millrace.spi.text.DialectEvent.Problem;
import dev.millrace.spi.text.DialectEvent.Text;
import dev.millrace.spi.text.DialectEvent.Thinking;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other families write: Hermes, Llama, Mistral, gpt-oss, and those that only think or only speak. */
class FamiliesTest {

    private static final ToolCall CALL = new ToolCall("0", "read", map("room", "cellar"));
    private static final ToolCall SECOND = new ToolCall("1", "open", map("valve", 2L));

    @Test
    void hermes() {
        String text = """
                <think>
                Let me see.
                </think>

                Reading.
                <tool_call>
                {"name": "read", "arguments": {"room": "cellar"}}
                </tool_call>
                <tool_call>
                {"name": "open", "arguments": {"valve": 2}}
                </tool_call>""";
        check(new HermesDialect(), text, new Thinking("Let me see."), new Text("Reading."), new CallStarted(0, "read"),
                new CallArguments(0, "{\"room\": \"cellar\"}"), new CallCompleted(0, CALL), new CallStarted(1, "open"),
                new CallArguments(1, "{\"valve\": 2}"), new CallCompleted(1, SECOND));
        check(new HermesDialect(), "a\n\nb\n", new Text("a\n\nb\n"));
    }

    @Test
    void qwenCoder() {
        String text = """
                Reading.
                <tool_call>
                <function=read>
                <parameter=room>
                cellar
                </parameter>
                </function>
                </tool_call>
                <tool_call>
                <function=write>
                <parameter=path>
                a.json
                </parameter>
                <parameter=content>
                {"it's": [1, "</param"]}

                if (a < b) { x = "1; }
                </parameter>
                </function>
                </tool_call>""";
        check(new QwenCoderDialect(), text, new Text("Reading."), new CallStarted(0, "read"),
                new CallArguments(0, "{\"room\": \"cellar\"}"), new CallCompleted(0, CALL), new CallStarted(1, "write"),
                new CallArguments(1, Json.write(WRITTEN)), new CallCompleted(1, new ToolCall("1", "write", WRITTEN)));
    }

    private static final Map<String, @Nullable Object> WRITTEN = map("path", "a.json", "content",
            "{\"it's\": [1, \"</param\"]}\n\nif (a < b) { x = \"1; }");

    @ParameterizedTest
    @ValueSource(strings = {"<function=read><parameter=room>cellar</parameter></function>",
            "<function=read>\n<parameter=room>\ncellar\n</function>\n",
            "{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}"})
    void qwenCoderWithSlips(String block) {
        String text = "<think>\nx\n</think>\n\n<tool_call>\n" + block + "\n</tool_call>";
        ParsedAnswer answer = ParsedAnswer.of(new QwenCoderDialect(), text);
        assertEquals(List.of(CALL), answer.calls());
        assertEquals("x", answer.reasoning());
        everyCut(new QwenCoderDialect(), text);
    }

    /** The mark before the tags is left out by the model at times, the one behind them too. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\n</tool_call>", "</tool_call>\n"})
    void qwenCoderWithoutTheMarkBeforeTheTags(String end) {
        String text = "Reading.\n\n<function=read>\n<parameter=room>\ncellar\n</parameter>\n</function>" + end;
        ParsedAnswer answer = ParsedAnswer.of(new QwenCoderDialect(), text);
        assertEquals(List.of(CALL), answer.calls());
        assertEquals("Reading.", answer.content());
        assertEquals(List.of(), answer.problems());
        everyCut(new QwenCoderDialect(), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"```json\n{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}\n```",
            "```\n{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}```",
            "```python\n[read(room='cellar')]\n```",
            "```tool_call {\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}} ```",
            "{{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}}",
            "{ {\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"} } }"})
    void fencesAndBracesTwiceAreNoPartOfACall(String block) {
        for (String text : List.of("<tool_call>\n" + block + "\n</tool_call>", "<tool_call>" + block)) {
            ParsedAnswer answer = ParsedAnswer.of(new HermesDialect(), text);
            assertEquals(List.of(CALL), answer.calls());
            assertEquals(List.of(), answer.problems());
            everyCut(new HermesDialect(), text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"arguments\": {}", ", \"arguments\": null", ", \"arguments\": \"\"",
            ", \"arguments\": \" \\n\"", ", \"parameters\": \"{}\""})
    void noArgumentsInEachWay(String arguments) {
        ParsedAnswer answer = ParsedAnswer.of(new HermesDialect(),
                "<tool_call>{\"name\": \"stop\"" + arguments + "}</tool_call>");
        assertEquals(List.of(new ToolCall("0", "stop", Map.of())), answer.calls());
        assertEquals(List.of(), answer.problems());
    }

    @ParameterizedTest
    @ValueSource(strings = {"<think><think>hm</think>Cold.", "<think>\n<think>\n\n<think>hm</think>Cold."})
    void thinkingThatTheModelOpensTwiceIsOpenedOnce(String text) {
        for (Dialect dialect : List.of(new HermesDialect(), new ThinkDialect(), new Lfm2Dialect(),
                new QwenCoderDialect())) {
            ParsedAnswer answer = ParsedAnswer.of(dialect, text);
            assertEquals("hm", answer.reasoning());
            assertEquals("Cold.", answer.content());
            everyCut(dialect, text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"<function=read>\n<parameter=room>\ncel", "<function=>\n</function>",
            "<function=a b></function>",
            "<function=read>room</function>", "<function=read><parameter=room</function>", "hello", "{\"name\": 1}",
            "</function>x",
            "<function=read><parameter=a>1</parameter><parameter=a>2</parameter></function>"})
    void qwenCoderTellsWhatIsNoCall(String block) {
        String text = "<tool_call>" + block + "</tool_call>";
        List<DialectEvent> events = Streams.events(new QwenCoderDialect(), text);
        assertEquals(1, events.size(), events::toString);
        assertInstanceOf(Problem.class, events.getFirst());
        everyCut(new QwenCoderDialect(), text);
    }

    @Test
    void jsonArgumentsAreToldWhileTheyCome() {
        List<DialectEvent> events = new ArrayList<>();
        var parser = new HermesDialect().parser(false);
        parser.accept("<tool_call>\n{\"name\": \"read\", \"arguments\": {\"room\"", events::add);
        assertEquals(List.of(new CallStarted(0, "read"), new CallArguments(0, "{\"room\"")), events);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"name\": \"read\", \"parameters\": {\"room\": \"cellar\"}}",
            "<|python_tag|>{\"name\": \"read\", \"parameters\": {\"room\": \"cellar\"}}<|eom_id|>",
            "<|python_tag|>read(room=\"cellar\")", "\n[read(room='cellar')]",
            "<think>\nx\n</think>\n\n[read(room='cellar')]",
            "{\"type\": \"function\", \"name\": \"read\", \"parameters\": {\"room\": \"cellar\"}}"})
    void llama(String text) {
        ParsedAnswer answer = ParsedAnswer.of(new LlamaDialect(), text);
        assertEquals(List.of(CALL), answer.calls());
        assertEquals("", answer.content());
        everyCut(new LlamaDialect(), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"name\": \"Ada\", \"born\": 1815}", "{\"name\": \"read\", \"parameters\": {}} is a call",
            "[link](url)", "[x(1)]", "{\"answer\": 42}", "{\"na", "[", "Hi [read(room='cellar')]", "[read(room='cel"})
    void llamaTakesAllElseForText(String text) {
        check(new LlamaDialect(), text, new Text(text));
    }

    @Test
    void llamaWritesSeveralCalls() {
        ParsedAnswer answer = ParsedAnswer.of(new LlamaDialect(), new LlamaDialect().write(List.of(CALL, SECOND)));
        assertEquals(List.of(CALL, SECOND), answer.calls());
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "[TOOL_CALLS] [{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}, \"id\": \"aBcDeFgHi\"},"
                    + " {\"name\": \"open\", \"arguments\": {\"valve\": 2}, \"id\": \"bBcDeFgHi\"}]",
            "[TOOL_CALLS]read[ARGS]{\"room\": \"cellar\"}[TOOL_CALLS]open[ARGS]{\"valve\": 2}",
            "[TOOL_CALLS]read[CALL_ID]aBcDeFgHi[ARGS]{\"room\": \"cellar\"}\n[TOOL_CALLS] open [ARGS] {\"valve\": 2}"})
    void mistral(String text) {
        ParsedAnswer answer = ParsedAnswer.of(new MistralDialect(), "[THINK]So.[/THINK]Well." + text);
        assertEquals(new ParsedAnswer("So.", "Well.", List.of(CALL, SECOND), List.of()), answer);
        everyCut(new MistralDialect(), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<|/tool_call|>", "\n<|/tool_call|>"})
    void granite(String end) {
        String text = "<think>So.</think>Well.<|tool_call|>[{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}},"
                + " {\"name\": \"open\", \"arguments\": {\"valve\": 2}}]" + end;
        ParsedAnswer answer = ParsedAnswer.of(new GraniteDialect(), text);
        assertEquals(new ParsedAnswer("So.", "Well.", List.of(CALL, SECOND), List.of()), answer);
        everyCut(new GraniteDialect(), text);
        String written = new GraniteDialect().write(List.of(CALL, SECOND)) + end;
        assertEquals(List.of(CALL, SECOND), ParsedAnswer.of(new GraniteDialect(), written).calls());
    }

    @Test
    void harmony() {
        String text = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>Reading."
                + "<|end|><|start|>assistant<|channel|>commentary to=functions.read <|constrain|>json<|message|>"
                + "{\"room\": \"cellar\"}<|call|><|start|>assistant to=functions.open<|channel|>commentary json<|message|>"
                + "{\"valve\": 2}<|call|><|start|>assistant<|channel|>final<|message|>Done.<|return|>";
        check(new HarmonyDialect(), text, new Thinking("Hm."), new Text("Reading."), new CallStarted(0, "read"),
                new CallArguments(0, "{\"room\": \"cellar\"}"), new CallCompleted(0, CALL), new CallStarted(1, "open"),
                new CallArguments(1, "{\"valve\": 2}"), new CallCompleted(1, SECOND), new Text("Done."));
    }

    @Test
    void harmonyWithoutHeadersIsText() {
        check(new HarmonyDialect(), "Just text.", new Text("Just text."));
        check(new HarmonyDialect(), "<|channel|>final<|message|>a<|end|>b", new Text("ab"));
        String lengthy = "word ".repeat(100) + "<|start|>assistant<|channel|>analysis<|message|>Hm.";
        check(new HarmonyDialect(), lengthy, new Text("word ".repeat(100)), new Thinking("Hm."));
    }

    @Test
    void harmonyNamesNoToolThatCouldBreakOut() {
        List<ToolCall> calls = List.of(new ToolCall("0", "x<|message|>", map()));
        assertThrows(IllegalArgumentException.class, () -> new HarmonyDialect().write(calls));
    }

    @Test
    void harmonyReportsWhatIsCutOff() {
        String header = "<|channel|>commentary to=functions.read";
        check(new HarmonyDialect(), header,
                new Problem("The answer is cut off in a header.", "commentary to=functions.read"));
        check(new HarmonyDialect(), header + "<|message|><|call|>",
                new Problem("The call of read has no arguments: expected an object.", "read"));
        check(new HarmonyDialect(), header + "<|message|>{\"room\"", new CallStarted(0, "read"),
                new CallArguments(0, "{\"room\""), new Problem("The call is cut off: it has no end.", "{\"room\""));
    }

    @Test
    void anObjectIsACallWhateverStandsBeforeIt() {
        check(new HermesDialect(),
                "<tool_call>json {\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}</tool_call>",
                new Problem("This is not a call of a tool.", "json"), new CallStarted(0, "read"),
                new CallArguments(0, "{\"room\": \"cellar\"}"), new CallCompleted(0, CALL));
    }

    @Test
    void thinkingAlone() {
        check(new ThinkDialect(), "<think>\na\n\nb\n</think>\n\nc <tool_call>", new Thinking("a\n\nb"),
                new Text("c <tool_call>"));
        assertEquals(List.of(new Thinking("a"), new Text("b")),
                Streams.events(new PlainDialect(), true, "\n<think>\na\n</think>\nb"));
    }

    @Test
    void textAlone() {
        check(new PlainDialect(), "<think>a</think>\n", new Text("<think>a</think>\n"));
    }

    private static void check(Dialect dialect, String text, DialectEvent... events) {
        assertEquals(List.of(events), Streams.events(dialect, text));
        everyCut(dialect, text);
    }

    private static void everyCut(Dialect dialect, String text) {
        List<DialectEvent> whole = Streams.events(dialect, text);
        for (int first = 0; first <= text.length(); first++) {
            assertEquals(whole, Streams.events(dialect, Streams.cut(text, first)), "cut at " + first);
        }
        assertEquals(whole, Streams.events(dialect, Streams.characters(text)));
    }
}
