/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.jspecify.annotations.Nullable;

/** Python calls whose arguments have no name: they stand for the properties of the schema, in their declared order. */
final class PositionalCallsTest {

    private static final List<ToolDefinition> TOOLS = List.of(
            tool("f", "{'type': 'object', 'required': ['c'], 'properties': {'a': {}, 'b': {}, 'c': {}}}"),
            tool("behind", "{'$ref': '#/$defs/X', '$defs': {'X': {'properties': {'m': {}}, 'allOf': "
                    + "[{'properties': {'n': {}}}, {'$ref': '#'}]}}}"),
            tool("nothing", "{}"));

    private static ToolDefinition tool(String name, String schema) {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        if (Json.parse(schema.replace('\'', '"')) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> parameters.put(String.valueOf(key), value));
        }
        return new ToolDefinition(name, "", parameters);
    }

    private static ParsedAnswer parsed(Dialect dialect, String call) {
        return ParsedAnswer.of(dialect, "<|tool_call_start|>[" + call + "]<|tool_call_end|>", TOOLS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            f(1, "x")                          | {"a": 1, "b": "x"}
            f(1)                               | {"a": 1}
            f( 'x' , )                         | {"a": "x"}
            f(-1, .5, +2)                      | {"a": -1, "b": 0.5, "c": 2}
            f(True, None, false)               | {"a": true, "b": null, "c": false}
            f([1, (2, 3)], {'k': {1}})         | {"a": [1, [2, 3]], "b": {"k": [1]}}
            f(1, c=3)                          | {"a": 1, "c": 3}
            f(1, **{'c': 3})                   | {"a": 1, "c": 3}
            f(*[1, 2], c=3)                    | {"a": 1, "b": 2, "c": 3}
            f(*(1,), *[2, 3])                  | {"a": 1, "b": 2, "c": 3}
            f(c=3, *[1])                       | {"a": 1, "c": 3}
            f(*[], b=2)                        | {"b": 2}
            f(*'xy')                           | {"a": "x", "b": "y"}
            f('a' "b", r'\\n')                  | {"a": "ab", "b": "\\\\n"}
            f(0x1F, 1_000)                     | {"a": 31, "b": 1000}
            f("a, b=2)", 'c=3')                | {"a": "a, b=2)", "b": "c=3"}
            f(f'a{{b}}', Rf"\\d" F'x', u'')   | {"a": "a{b}", "b": "\\\\dx", "c": ""}
            f({1, 1, *'aba'}, {*[], 2, 2})     | {"a": [1, "a", "b"], "b": [2]}
            behind(1, 2)                       | {"m": 1, "n": 2}
            nothing()                          | {}
            nothing(*[], **{})                 | {}
            """)
    void theyAreThePropertiesInTheirOrder(String call, String arguments) {
        ParsedAnswer answer = parsed(new Lfm2Dialect(), call);
        assertEquals(List.of(), answer.problems());
        assertEquals(1, answer.calls().size());
        assertEquals(arguments, Json.write(answer.calls().getFirst().arguments()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            f(1, 2, 3, 4)      | f takes 3 arguments at most, [a, b, c], and 4 are given without a name
            f(*[1, 2, 3], 4)   | at most
            f(1, a=2)          | 'a' is given twice
            f(*[1], **{'a': 2})| 'a' is given twice
            f(a=1, 2)          | an argument without a name follows a named one
            f(**{'a': 1}, 2)   | an argument without a name follows a named one
            f(x)               | a value must be a literal
            f(f'{room}')       | a formatted string must be spelled out
            f(f"a}")           | a formatted string must be spelled out
            f(b'x')            | JSON has no bytes
            f('a' rb'x')       | expected ',' or ')'
            f(1 2)             | expected ',' or ')'
            f(*None)           | '*' must stand before a list
            f(**[1])           | '**' must stand before a dict
            nothing(1)         | nothing takes no arguments
            stranger(1)        | arguments must be named: stranger(name=value, ...)
            """)
    void whatNothingNamesIsTold(String call, String message) {
        ParsedAnswer answer = parsed(new Lfm2Dialect(), call + ", f(7)");
        assertEquals(1, answer.problems().size(), answer::toString);
        assertTrue(answer.problems().getFirst().message().contains(message), answer::toString);
        assertEquals(List.of(Map.of("a", 7L)), answer.calls().stream().map(ToolCall::arguments).toList());
    }

    static List<Dialect> dialects() {
        return List.of(new Lfm2Dialect(), new LlamaDialect(), new HermesDialect(), new GraniteDialect(),
                new MistralDialect());
    }

    /** Each family that reads calls by brackets, with its own marks around. */
    @ParameterizedTest
    @MethodSource("dialects")
    void everyFamilyKnowsTheTools(Dialect dialect) {
        String named = dialect.write(List.of(new ToolCall("0", "f", Map.of("a", 1L))));
        assertEquals(1, ParsedAnswer.of(dialect, named, TOOLS).calls().size(), named);
        int from = named.startsWith("<") || named.startsWith("[TOOL")
                ? named.indexOf(named.startsWith("<") ? '>' : ']') + 1
                : 0;
        int to = named.lastIndexOf("</") > 0
                ? named.lastIndexOf("</")
                : named.lastIndexOf("<|") > 0
                        ? named.lastIndexOf("<|")
                        : named.length();
        String positional = named.substring(0, from) + "[f(1)]" + named.substring(to);
        assertEquals(List.of(Map.of("a", 1L)),
                ParsedAnswer.of(dialect, positional, TOOLS).calls().stream().map(ToolCall::arguments).toList(),
                positional);
    }

    /** Calls at random, in one of the ways in which Python spells each value; what they say is known beforehand. */
    @Test
    void whateverTheSpellingTheArgumentsAreTheSame() {
        Random random = new Random(12);
        String[][] values = {{"1", "1", "0b1", "0x1", "+1", "(1)", "1 # a comment, with )\n"},
                {"\"a\"", "'a'", "'' 'a'", "\"\"\"a\"\"\"", "'\\x61'", "u'a'", "'\\N{LATIN SMALL LETTER A}'", "r'a'"},
                {"null", "None", "( None )"}, {"true", "True"}, {"-0.5", "-.5", "-5e-1", "- 0.5"},
                {"[1, \"b\"]", "[1,'b']", "(1, 'b',)", "[*[1], *('b',)]", "[1, *'b']"},
                {"{\"k\": [2]}", "{'k': (2,)}", "{**{'k': [2]}}", "{'k': [2],}"},
                {"\"it's, f(2)]\"", "'it\\'s, f(2)]'"}};
        String[] names = {"a", "b", "c"};
        for (int round = 0; round < 3000; round++) {
            StringBuilder call = new StringBuilder("f(");
            StringBuilder expected = new StringBuilder("{");
            int given = random.nextInt(4);
            int withoutName = random.nextInt(given + 1);
            for (int i = 0; i < given; i++) {
                String[] spellings = values[random.nextInt(values.length)];
                String spelled = spellings[random.nextInt(spellings.length)];
                if (i < withoutName) {
                    call.append(random.nextInt(4) == 0 ? "*[" + spelled + "]" : spelled);
                } else {
                    call.append(random.nextInt(4) == 0
                            ? "**{'" + names[i] + "': " + spelled + "}"
                            : names[i] + pick(random, "=", " = ") + spelled);
                }
                call.append(random.nextBoolean() ? ", " : " ,\n");
                expected.append(i == 0 ? "" : ", ").append('"').append(names[i]).append("\": ").append(spellings[0]);
            }
            String source = call.append(')').toString();
            ParsedAnswer answer = parsed(new Lfm2Dialect(), source);
            assertEquals(List.of(), answer.problems(), source);
            assertEquals(expected.append('}').toString(), Json.write(answer.calls().getFirst().arguments()), source);
        }
    }

    private static String pick(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** A schema that refers to itself twice must not be walked again and again. */
    @Test
    void schemasInCirclesEnd() {
        ToolDefinition circle = tool("circle",
                "{'properties': {'z': {}}, 'allOf': [{'$ref': '#'}, {'$ref': '#'}, {'$ref': '#/allOf/0'}]}");
        assertEquals("{\"z\": 1}",
                Json.write(ParsedAnswer.of(new LlamaDialect(), "[circle(1)]", List.of(circle)).calls()
                        .stream().map(ToolCall::arguments).findFirst().orElseGet(Map::of)));
    }
}
