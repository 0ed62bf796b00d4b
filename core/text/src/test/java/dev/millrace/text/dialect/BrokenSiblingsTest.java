/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In every dialect, and in every way to write several calls: one that is broken costs nobody but itself. */
class BrokenSiblingsTest {

    /** Calls of Python between two sound ones. */
    private static final List<String> PYTHON = List.of("say(text='it's fine')", "say(text='a'b'c')",
            "say('positional')",
            "say(text=yes)", "say(text='x'", "say(text=['x')", "say(text={'a': 1)", "say(text='x' n=1)",
            "say(text=\"he said \"no\" twice\")", "say(text=1, text=2)", "say(a=(1, 2], b=3)", "say(text=)",
            "say(text=f(1))", "say(text='x', n=[1, 2)");

    /** Objects of JSON between two sound ones. */
    private static final List<String> JSON = List.of("{\"name\": \"say\", \"KEY\": {\"text\": \"a \"b\" c\"}}",
            "{\"name\": \"say\", \"KEY\": {\"text\": \"x\"}", "{\"name\": \"say\", \"KEY\": {\"text\": \"x\"",
            "{\"name\": \"say\", \"KEY\": {\"text\": [1}}", "{\"name\": \"say\", \"KEY\": {\"text\": }}",
            "{\"name\": \"say\", \"KEY\": {\"text\" \"x\"}}", "{\"name\": 7, \"KEY\": {\"text\": \"x\"}}",
            "{\"name\": \"say\", \"KEY\": 7}", "{\"name\": \"say\", \"KEY\": {\"text\": 1, \"text\": 2}}",
            "{\"KEY\": {\"text\": \"x\"}}", "{\"name\": \"say\", \"KEY\": {\"text\": x}}",
            "{\"name\": \"say\", \"KEY\": {\"text\": 0x}}");

    /** Calls in tags between two sound ones. */
    private static final List<String> TAGGED = List.of("<function=say>\n<parameter=text>\nx\n</parameter>\n",
            "<function=say>\n<parameter=text>\nx\n", "<function=say>\n", "<function=>\n</function>",
            "<function=say>\ntext: x\n</function>", "<function=say>\n<parameter=>\nx\n</parameter>\n</function>",
            "<function=say>\n<parameter=text>\n1\n</parameter>\n<parameter=text>\n2\n</parameter>\n</function>",
            "<function=say\n<parameter=text>\nx\n</parameter>\n</function>");

    static Stream<Arguments> answers() {
        List<Arguments> all = new ArrayList<>();
        for (String broken : PYTHON) {
            all.add(answer(new Lfm2Dialect(), "<|tool_call_start|>[read(room='cellar'), ", broken,
                    ", open(valve=2)]<|tool_call_end|>"));
            all.add(answer(new Lfm2Dialect(),
                    "<|tool_call_start|>[read(room='cellar')]<|tool_call_end|><|tool_call_start|>[",
                    broken, "]<|tool_call_end|><|tool_call_start|>[open(valve=2)]<|tool_call_end|>"));
            all.add(answer(new LlamaDialect(), "<|python_tag|>[read(room='cellar'), ", broken,
                    ", open(valve=2)]<|eom_id|>"));
            all.add(answer(new LlamaDialect(), "[read(room='cellar'), ", broken, ", open(valve=2)]"));
        }
        for (String json : JSON) {
            String broken = json.replace("KEY", "arguments");
            String first = "{\"name\": \"read\", \"arguments\": {\"room\": \"cellar\"}}";
            String last = "{\"name\": \"open\", \"arguments\": {\"valve\": 2}}";
            all.add(answer(new HermesDialect(), tag(first) + "\n<tool_call>\n", broken,
                    "\n</tool_call>\n" + tag(last)));
            all.add(answer(new HermesDialect(), "<tool_call>\n" + first + "\n<tool_call>\n", broken,
                    "\n<tool_call>\n" + last));
            all.add(answer(new QwenCoderDialect(), tag(first) + "\n<tool_call>\n", broken,
                    "\n</tool_call>\n" + tag(last)));
            all.add(answer(new MistralDialect(), "[TOOL_CALLS] [" + first + ", ", broken, ", " + last + "]"));
            all.add(answer(new Lfm2Dialect(), "<|tool_call_start|>[" + first + ", ", broken,
                    ", " + last + "]<|tool_call_end|>"));
            String parameters = json.replace("KEY", "parameters");
            UnaryOperator<String> llama = call -> call.replace("arguments", "parameters");
            all.add(answer(new LlamaDialect(), "<|python_tag|>" + llama.apply(first) + "; ", parameters,
                    "; " + llama.apply(last) + "<|eom_id|>"));
            if (json.contains("\"name\": \"") && json.contains("KEY\": {")) {
                all.add(answer(new LlamaDialect(), llama.apply(first) + "; ", parameters, "; " + llama.apply(last)));
            }
            int object = json.indexOf("{\"text");
            if (object > 0) {
                String arguments = json.substring(object, json.endsWith("}}") ? json.length() - 1 : json.length());
                if (!arguments.equals("{\"text\": \"x\"}")) {
                    all.add(answer(new MistralDialect(), "[TOOL_CALLS]read[ARGS]{\"room\": \"cellar\"}[TOOL_CALLS]",
                            "say[ARGS]" + arguments, "[TOOL_CALLS]open[ARGS]{\"valve\": 2}"));
                    all.add(harmony("<|call|><|start|>assistant<|channel|>", arguments));
                    all.add(harmony("<|start|>assistant<|channel|>", arguments));
                    all.add(harmony("<|channel|>", arguments));
                }
            }
        }
        String first = "<function=read>\n<parameter=room>\ncellar\n</parameter>\n</function>";
        String last = "<function=open>\n<parameter=valve>\n2\n</parameter>\n</function>";
        for (String broken : TAGGED) {
            all.add(answer(new QwenCoderDialect(), tag(first) + "\n<tool_call>\n", broken,
                    "\n</tool_call>\n" + tag(last)));
            all.add(answer(new QwenCoderDialect(), "<tool_call>\n" + first + "\n", broken,
                    "\n" + last + "\n</tool_call>"));
            all.add(answer(new QwenCoderDialect(), tag(first) + "\n<tool_call>\n", broken, "\n<tool_call>\n" + last));
        }
        return all.stream();
    }

    private static Arguments harmony(String between, String arguments) {
        String header = "commentary to=functions.";
        return answer(new HarmonyDialect(), "<|channel|>" + header + "read<|message|>{\"room\": \"cellar\"}" + between,
                header + "say<|message|>" + arguments, between + header + "open<|message|>{\"valve\": 2}<|call|>");
    }

    private static String tag(String call) {
        return "<tool_call>\n" + call + "\n</tool_call>";
    }

    private static Arguments answer(Dialect dialect, String before, String broken, String behind) {
        return Arguments.of(dialect, before, broken, behind);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void theSoundOnesStay(Dialect dialect, String before, String broken, String behind) {
        String text = before + broken + behind;
        ParsedAnswer answer = ParsedAnswer.of(dialect, text);
        assertEquals(List.of("read", "open"), answer.calls().stream().map(ToolCall::name).toList(),
                () -> dialect.id() + ": " + text + "\n" + answer);
        assertEquals("cellar", answer.calls().getFirst().arguments().get("room"));
        assertTrue(List.of(2L, "2").contains(answer.calls().getLast().arguments().get("valve")));
        assertFalse(answer.problems().isEmpty(), text);
        assertEquals("", answer.content().strip(), text);
        assertEquals(Streams.events(dialect, text), Streams.events(dialect, Streams.characters(text)), text);
    }

    /** Without a sound one beside it, a broken call is told and nothing is made up. */
    @ParameterizedTest
    @MethodSource("answers")
    void nothingIsMadeUp(Dialect dialect, String before, String broken, String behind) {
        for (String text : List.of(before + broken, before + broken + broken + behind)) {
            ParsedAnswer answer = ParsedAnswer.of(dialect, text);
            assertTrue(answer.calls().stream().map(ToolCall::name).allMatch(List.of("read", "open")::contains),
                    () -> text + "\n" + answer);
        }
    }

    /** Data that looks like a call, inside of a call that is not understood, is no call. */
    @ParameterizedTest
    @ValueSource(strings = {"f(x=1, rm(y=2))", "f(x=[rm(y=2)])", "f(x=rm(y=2), z=1)", "f(x='a', y=[1, rm(y=2)",
            "f(x={'a': rm(y=2)})", "f(rm(y=2), x=1)", "f(1, rm(y=2)",
            "{\"name\": \"f\", \"arguments\": [{\"name\": \"rm\"}]}",
            "{\"name\": \"f\", \"arguments\": {\"calls\": [{\"name\": \"rm\", \"arguments\": {}}]",
            "{\"name\": \"f\", \"arguments\": {\"a\": {\"name\": \"rm\", \"arguments\": {}}, 7}}"})
    void whatStandsInsideIsNoCall(String body) {
        for (String text : List.of("<|tool_call_start|>[" + body + "]<|tool_call_end|>",
                "<|tool_call_start|>[" + body)) {
            ParsedAnswer answer = ParsedAnswer.of(new Lfm2Dialect(), text);
            assertEquals(List.of(), answer.calls(), text);
            assertEquals(1, answer.problems().size(), answer.toString());
        }
    }

    /** A value may speak of the tags around it. */
    @ParameterizedTest
    @ValueSource(strings = {"see </function> here", "<function=rm>", "a\n</function>\nb", "<function=rm></function>x",
            "<function=rm>\n</function>\n."})
    void aTaggedValueMaySpeakOfTags(String value) {
        String text = tag("<function=say>\n<parameter=text>\n" + value + "\n</parameter>\n</function>");
        ParsedAnswer answer = ParsedAnswer.of(new QwenCoderDialect(), text);
        assertEquals(List.of(new ToolCall("0", "say", Map.of("text", value))), answer.calls(), answer.toString());
        assertEquals(Streams.events(new QwenCoderDialect(), text),
                Streams.events(new QwenCoderDialect(), Streams.characters(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"f(a=1, ", "{\"name\": 1, ", "{\"a\": 1, {\"a\": 1", "f(a=[", "f(a=1, g(b=2, ", "(]", "[(",
            "<function=f>", "<function=f><parameter=a>", "</function>", "<parameter=a></function>x", "<"})
    void brokenCallsTakeLinearTime(String filler) {
        for (String open : List.of("<|tool_call_start|>[", "<tool_call><function=x><parameter=y>", "<tool_call>")) {
            String text = open + filler.repeat(400_000 / filler.length());
            for (Dialect dialect : List.of(new Lfm2Dialect(), new QwenCoderDialect(), new HermesDialect())) {
                assertTimeout(Duration.ofSeconds(20), () -> ParsedAnswer.of(dialect, text));
            }
        }
    }
}
