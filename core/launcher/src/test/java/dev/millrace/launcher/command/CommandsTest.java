/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.ToolCall;
import dev.millrace.engine.Engine;
import dev.millrace.formats.Converter;
import dev.millrace.formats.Synthesiser;
import dev.millrace.json.Json;
import dev.millrace.machine.Processors;
import dev.millrace.spi.backend.Backend;
import dev.millrace.text.dialect.Dialects;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands in this process, with everything that stands on the class path. */
final class CommandsTest {

    @TempDir
    Path folder;

    private record Result(int code, String out, String err) {

        Map<?, ?> json() {
            return assertInstanceOf(Map.class, Json.parse(out));
        }
    }

    private static Result run(String input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Result result = run(input, out, arguments);
        return new Result(result.code(), out.toString(StandardCharsets.UTF_8), result.err());
    }

    private static Result run(String input, OutputStream out, String... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new StandardOutput(out), new PrintStream(err, true, StandardCharsets.UTF_8),
                false, false, false, false);
        List<Backend> backends = ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get).toList();
        try (Millrace millrace = Millrace.start()) {
            Workplace workplace = new Workplace(assertInstanceOf(Engine.class, millrace), backends, Dialects.builtIn(),
                    console, "0.1.0", List.of(), List.of(), List.of(), List.of(), List.of());
            int code = new MillraceCommand(workplace).execute(arguments);
            return new Result(code, "", err.toString(StandardCharsets.UTF_8));
        }
    }

    /** A stream that cannot be written. */
    private static OutputStream broken(String reason) {
        return new OutputStream() {

            @Override
            public void write(int value) throws IOException {
                throw new IOException(reason);
            }
        };
    }

    private static Result run(List<String> arguments) {
        return run("", arguments.toArray(String[]::new));
    }

    private Path file(String name, String content) throws Exception {
        return Files.writeString(folder.resolve(name), content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sing", "run", "run --max-tokens 0 hello", "run --max-tokens many hello",
            "run --nonsense hello", "run -x", "run --stop", "run -x --greedy", "run --system",
            "run --threads -1 hello", "run --threads 0 hello", "run --threads 1025 hello", "run --threads two hello",
            "bench --model nano --threads 0", "parity --model nano --model nano --threads 0", "run a b", "bench",
            "bench --model nano -p 0",
            "bench --model nano --sequences 0", "bench --model nano --join -1", "bench --model nano -p 2147483647",
            "inspect", "inspect soul",
            "inspect model", "inspect logits --model nano", "inspect logits --model nano --ids 1,x",
            "inspect greedy --model nano", "inspect tokens --text-file f", "inspect tokens --model nano",
            "inspect tokens --model nano --tokenizer t --text-file f", "inspect chat --template t", "inspect calls",
            "convert only-one", "synth lfm2-1.2b", "synth nothing out.gguf", "synth tiny out.gguf --quant q1",
            "convert a b --quant q1", "run --precision rough hello", "serve --port many", "run --kv q4 hello",
            "bench --model nano --kv f8",
            "parity --model nano --model nano --kv half", "quantise a b", "quantise a b --type q1",
            "quantise a b --type q8_0 --text t --imatrix i", "quantise a b --type q8_0 --save-imatrix i",
            "quantise a b --type q8_0 --compare-tokens 0"})
    void wrongUsageIsTwoAndOneSentence(String line) {
        Result result = run(line.isEmpty() ? List.of() : List.of(line.split(" ")));
        assertEquals(2, result.code(), result::err);
        assertEquals("", result.out());
        assertEquals(1, result.err().lines().count(), result::err);
        assertTrue(result.err().startsWith("millrace: "), result::err);
    }

    @Test
    void helpAndVersionGoToStandardOutput() {
        Result help = run(List.of("--help"));
        assertEquals(0, help.code());
        assertTrue(help.out().contains("doctor"), help::out);
        for (String command : List.of("run", "chat", "bench", "inspect", "convert", "synth", "doctor", "soak", "serve",
                "pull",
                "list", "show", "rm", "verify", "import", "export",
                "quantise")) {
            assertEquals(0, run(List.of(command, "--help")).code());
        }
        assertEquals(0, run(List.of("inspect", "logits", "--help")).code());
        assertEquals("millrace 0.1.0\n", run(List.of("--version")).out());
        assertEquals("", help.err());
    }

    @Test
    void quantisingTellsWhatIsLostAndHowFarApartTheModelsPredict() throws Exception {
        Path source = folder.resolve("source.gguf");
        Synthesiser.write("tiny", "f16", 1, source, dev.millrace.api.Progress.NONE);
        Path text = file("text.txt", "The mill stands at the stream. ".repeat(20));
        Path out = folder.resolve("out.gguf");
        Map<?, ?> report = run(List.of("quantise", source.toString(), out.toString(), "--type", "q5_k_m", "--compare",
                text.toString(), "--json")).json();
        double bits = assertInstanceOf(Double.class, report.get("bitsPerWeight"));
        assertTrue(bits > 5 && bits < 9, () -> bits + " bits per weight");
        Map<?, ?> compared = assertInstanceOf(Map.class, report.get("compare"));
        double divergence = assertInstanceOf(Double.class, compared.get("divergence"));
        assertTrue(divergence > 0 && divergence < 0.1, () -> "divergence " + divergence);
        Result again = run(List.of("quantise", out.toString(), folder.resolve("b.gguf").toString(), "--type", "Q4_0"));
        assertEquals(1, again.code());
        assertTrue(again.err().contains("already"), again::err);
        assertEquals(0, QuantiseCommand.divergence(new float[]{1, 2}, new float[]{2, 3}), 1e-7);
    }

    @Test
    void whatMattersIsMeasuredOnATextAndMayBeKept() throws Exception {
        Path source = folder.resolve("source.gguf");
        Synthesiser.write("tiny", "f16", 1, source, dev.millrace.api.Progress.NONE);
        Path text = file("text.txt", "The mill stands at the stream. ".repeat(100));
        Path plain = folder.resolve("plain.gguf");
        Path direct = folder.resolve("direct.gguf");
        Path kept = folder.resolve("kept.gguf");
        Path importance = folder.resolve("importance.gguf");
        assertEquals(0, run(List.of("quantise", source.toString(), plain.toString(), "--type", "q4_0")).code());
        Result first = run(List.of("quantise", source.toString(), direct.toString(), "--type", "q4_0", "--text",
                text.toString(), "--save-imatrix", importance.toString()));
        assertEquals(0, first.code(), first::err);
        assertEquals(0, run(List.of("quantise", source.toString(), kept.toString(), "--type", "q4_0", "--imatrix",
                importance.toString())).code());
        assertArrayEquals(Files.readAllBytes(direct), Files.readAllBytes(kept));
        assertFalse(java.util.Arrays.equals(Files.readAllBytes(plain), Files.readAllBytes(kept)));
        Result empty = run(List.of("quantise", source.toString(), direct.toString(), "--type", "q4_0", "--text",
                file("empty.txt", "").toString()));
        assertEquals(1, empty.code());
        assertTrue(empty.err().contains("is empty"), empty::err);
    }

    @Test
    void helpNamesEveryShapeAndType() {
        String synth = run(List.of("synth", "--help")).out();
        Synthesiser.shapes().forEach(shape -> assertTrue(synth.contains(shape), synth));
        Synthesiser.quantisations().forEach(mix -> assertTrue(synth.contains(mix), synth));
        String convert = run(List.of("convert", "--help")).out();
        Converter.types()
                .forEach(type -> assertTrue(convert.contains(type.name().toLowerCase(Locale.ROOT)), convert));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run --model no/such.gguf hello", "run --backend quantum hello", "bench --model missing",
            "inspect model --model missing", "inspect logits --model missing --ids 1",
            "inspect tokens --tokenizer missing.json --text-file missing.txt",
            "inspect chat --template missing.jinja --input missing.json", "inspect calls --text-file missing",
            "inspect calls --text-file . --dialect latin", "run --tools missing.json hello",
            "inspect logits --model nano --ids 99999", "serve", "convert missing out.gguf"})
    void whatFailsIsOneAndOneSentence(String line) {
        Result result = run(List.of(line.split(" ")));
        assertEquals(1, result.code(), result::err);
        assertEquals("", result.out());
        assertEquals(1, result.err().lines().count(), result::err);
        assertFalse(result.err().contains("Exception"), result::err);
        assertFalse(Files.exists(Path.of("out.gguf")));
    }

    @Test
    void stackTracesComeWithDebug() {
        Result result = run(List.of("run", "--debug", "--model", "missing", "hello"));
        assertEquals(1, result.code());
        assertTrue(result.err().contains("ModelNotFoundException"), result::err);
    }

    @Test
    void runPutsTheAnswerAloneOnStandardOutput() {
        Result result = run(List.of("run", "--greedy", "Turn on the kitchen lamp."));
        assertEquals(0, result.code(), result::err);
        assertEquals("The kitchen lamp is on now.\n", result.out());
        assertEquals("""
                The user wants the kitchen lamp on. I call set_device.
                -> set_device(name="kitchen_lamp", state="on")
                <- {"ok": true, "name": "kitchen_lamp", "state": "on"}
                The device confirmed.
                """, result.err());
    }

    @Test
    void runTakesHowTokensAreChosenAndHowMuchIsThought() {
        Result banned = run(List.of("run", "--greedy", "--ban", "bye", "Bye"));
        assertEquals(0, banned.code(), banned::err);
        assertFalse(banned.out().contains("bye"), banned.out());
        Result unthinking = run(List.of("run", "--greedy", "--no-thinking", "Bye"));
        assertEquals(0, unthinking.code(), unthinking::err);
        assertFalse(unthinking.err().contains("The user"), unthinking.err());
        Result bounded = run(List.of("run", "--greedy", "--thinking-budget", "1", "Bye"));
        assertFalse(bounded.err().contains("The user leaves"), bounded.err());
        List<String> drawn = List.of("run", "--temperature", "2", "--top-k", "-1", "--top-p", "0.9", "--min-p", "0.01",
                "--typical-p", "0.95", "--xtc", "0.5", "--dry", "0.8", "--repetition-penalty", "1.1",
                "--presence-penalty", "0.1", "--frequency-penalty", "0.1", "--penalty-window", "64", "--logit-bias",
                "300=-1", "--seed", "7", "--max-tokens", "20", "Bye");
        Result once = run(drawn);
        assertEquals(0, once.code(), once::err);
        assertEquals(once.out(), run(drawn).out(), "the same seed");
        Result begun = run(List.of("run", "--greedy", "--no-thinking", "--begin", "Goodbye", "Bye"));
        assertFalse(begun.out().contains("Goodbye"), begun.out());
        Result wrong = run(List.of("run", "--top-p", "2", "Bye"));
        assertEquals(1, wrong.code());
        assertTrue(wrong.err().contains("top p must be between 0 and 1"), wrong.err());
    }

    @Test
    void runPrintsOneJsonObject() {
        Result result = run(List.of("run", "--greedy", "--json", "Turn on the kitchen lamp."));
        assertEquals(0, result.code(), result::err);
        Map<?, ?> object = result.json();
        assertEquals("[thinking, text, toolCalls, finishReason, usage, timings]", object.keySet().toString());
        assertEquals("The kitchen lamp is on now.", object.get("text"));
        assertEquals("[{name=set_device, arguments={name=kitchen_lamp, state=on}}]",
                String.valueOf(object.get("toolCalls")));
        assertEquals("stop", object.get("finishReason"));
        assertEquals("[promptTokens, completionTokens]",
                assertInstanceOf(Map.class, object.get("usage")).keySet().toString());
        assertEquals("", result.err());
    }

    @Test
    void declaredToolsAreCalledAndNotRun() throws Exception {
        Path tools = file("tools.json",
                """
                        [{"type": "function", "function": {"name": "set_device", "description": "Switch a device on or off.",
                          "parameters": {"type": "object", "properties": {"name": {"type": "string"}, "state": {"type": "string"}},
                                         "required": ["name", "state"]}}}]
                        """);
        Result result = run(
                List.of("run", "--greedy", "--json", "--tools", tools.toString(), "Turn on the kitchen lamp."));
        assertEquals(0, result.code(), result::err);
        assertEquals("tool_calls", result.json().get("finishReason"));
        assertEquals("[{name=set_device, arguments={name=kitchen_lamp, state=on}}]",
                String.valueOf(result.json().get("toolCalls")));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "[{\"name\": \"set_device\", \"description\": \"Switch a device on or off.\", \"KEY\": SCHEMA}]",
            "\uFEFF[{\"name\": \"set_device\", \"description\": \"Switch a device on or off.\", \"KEY\": SCHEMA}]",
            "{\"name\": \"set_device\", \"description\": \"Switch a device on or off.\", \"KEY\": SCHEMA}",
            "{\"type\": \"function\", \"function\": {\"name\": \"set_device\", \"description\": \"Switch a device.\", \"KEY\": SCHEMA}}",
            "{\"tools\": [{\"name\": \"set_device\", \"description\": \"Switch a device on or off.\", \"KEY\": SCHEMA}]}",
            "{\"result\": {\"tools\": [{\"name\": \"set_device\", \"description\": \"Switch a device on or off.\", \"KEY\": SCHEMA}]}}"})
    void toolFilesOfOtherInterfacesAreRead(String shape) throws Exception {
        String schema = "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"},"
                + " \"state\": {\"type\": \"string\"}}, \"required\": [\"name\", \"state\"]}";
        for (String key : List.of("parameters", "input_schema", "inputSchema")) {
            Path tools = file("tools.json", shape.replace("KEY", key).replace("SCHEMA", schema));
            Result result = run(
                    List.of("run", "--greedy", "--json", "--tools", tools.toString(), "Turn on the kitchen lamp."));
            assertEquals(0, result.code(), result::err);
            assertEquals("[{name=set_device, arguments={name=kitchen_lamp, state=on}}]",
                    String.valueOf(result.json().get("toolCalls")), key);
        }
    }

    @Test
    void callsAreHeldUnlessSomebodySaysOtherwise() throws Exception {
        Path tools = file("tools.json",
                """
                        [{"name": "xq_turn", "description": "Switch a device on or off.", "parameters": {"type": "object", "properties":
                          {"zz_what": {"type": "string", "maxLength": 16}, "zz_to": {"enum": ["on", "off"]}},
                          "required": ["zz_what", "zz_to"]}}]
                        """);
        List<String> ask = List.of("run", "--greedy", "--json", "--max-tokens", "150", "--tools", tools.toString(),
                "Turn on the kitchen lamp.");
        Result usual = run(ask);
        assertTrue(String.valueOf(usual.json().get("toolCalls")).startsWith("[{name=xq_turn, "), usual::out);
        assertEquals(usual.json().get("toolCalls"), run(with(ask, "--strict")).json().get("toolCalls"));
        // by itself it calls a tool of that kind that it knows, and that is not there
        assertEquals("[{name=set_device, arguments={name=kitchen_lamp, state=on}}]",
                String.valueOf(run(with(ask, "--no-strict")).json().get("toolCalls")));
        Path odd = file("odd.json",
                "[{\"name\": \"odd\", \"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"array\","
                        + " \"uniqueItems\": true}}}}]");
        List<String> other = List.of("run", "--greedy", "--max-tokens", "20", "--tools", odd.toString(), "Hello!");
        assertEquals(0, run(other).code());
        Result refused = run(with(other, "--strict"));
        assertEquals(1, refused.code());
        assertEquals(1, refused.err().lines().count(), refused::err);
        assertTrue(refused.err().contains("The tool odd: "), refused::err);
    }

    private static List<String> with(List<String> command, String option) {
        List<String> all = new ArrayList<>(command);
        all.add(1, option);
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[1]", "[{\"name\": \"a\", \"schema\": {}}]", "[{\"name\": \"a b\"}]",
            "[{\"name\": \"a\", \"parameters\": 1}]",
            "[{\"name\": \"a\", \"description\": 1}]", "nonsense", "[{\"name\":\"a\"},{\"name\":\"a\"}]"})
    void badToolFilesAreSaidSo(String content) throws Exception {
        Result result = run(List.of("run", "--tools", file("tools.json", content).toString(), "hello"));
        assertEquals(1, result.code());
        assertEquals(1, result.err().lines().count(), result::err);
    }

    @Test
    void answersHaveTheFormThatWasAskedFor() throws Exception {
        Path schema = file("reading.json",
                "{\"type\": \"object\", \"properties\": {\"room\": {\"enum\": [\"cellar\", \"attic\"]}, \"celsius\":"
                        + " {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 60}}, \"required\": [\"room\", \"celsius\"],"
                        + " \"additionalProperties\": false}");
        Result json = run(List.of("run", "--no-tools", "--schema", schema.toString(), "How warm is the cellar?"));
        assertEquals(0, json.code(), json::err);
        assertEquals("[room, celsius]", String.valueOf(json.json().keySet()));
        assertInstanceOf(Long.class, json.json().get("celsius"));
        Path grammar = file("state.gbnf",
                "root ::= device \" is \" (\"on\" | \"off\") # a state\ndevice ::= \"lamp\" | \"pump\"\n");
        Result text = run(List.of("run", "--no-tools", "--grammar", grammar.toString(), "Is it on?"));
        assertEquals(0, text.code(), text::err);
        assertTrue(text.out().matches("(lamp|pump) is (on|off)\n"), text::out);
        Result time = run(List.of("run", "--no-tools", "--json", "--regex", "([01][0-9]|2[0-3]):[0-5][0-9]", "When?"));
        assertEquals(0, time.code(), time::err);
        assertTrue(String.valueOf(time.json().get("text")).matches("([01][0-9]|2[0-3]):[0-5][0-9]"), time::out);
        assertEquals("stop", time.json().get("finishReason"));
    }

    /** File names ending in json or gbnf are made with the second column in them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"--schema|[1]|no JSON schema", "--schema|{nonsense|JSON",
            "--schema|{\"type\": \"array\", \"uniqueItems\": true}|uniqueItems",
            "--schema|{\"type\": \"string\", \"pattern\": \"(?=a)b\"}|looking ahead",
            "--schema|{\"minlength\": 3}|minlength", "--grammar|root ::= (|expected", "--grammar|x ::= \"a\"|root",
            "--regex|(a|')'", "--regex|(a)\\1|going back"})
    void formsThatCannotBeHeldAreSaidSo(String option, String content, String why) throws Exception {
        boolean inFile = !option.equals("--regex");
        String value = inFile ? file("form", content).toString() : content;
        Result result = run(List.of("run", option, value, "hello"));
        assertEquals(1, result.code());
        assertEquals("", result.out());
        assertEquals(1, result.err().lines().count(), result::err);
        assertTrue(result.err().contains(why), result::err);
    }

    @Test
    void formsExcludeEachOther() throws Exception {
        Path schema = file("any.json", "{}");
        Result two = run(List.of("run", "--schema", schema.toString(), "--regex", "a", "hello"));
        assertEquals(2, two.code());
        assertTrue(two.err().contains("--schema, --grammar and --regex"), two::err);
        for (String option : List.of("--schema", "--grammar")) {
            Result missing = run(List.of("run", option, folder.resolve("nowhere").toString(), "hello"));
            assertEquals(1, missing.code());
            assertEquals(1, missing.err().lines().count(), missing::err);
            assertTrue(missing.err().contains("nowhere"), missing::err);
        }
    }

    @Test
    void runReadsThePromptFromStandardInput() {
        assertEquals("Goodbye!\n", run("Bye\n", "run", "--greedy", "-").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5 degrees, is that cold?", "- first\n- second", "-m is the mass, -n the number",
            "--model what is it", "--json=1 or 2", "-- what?", "-h or not", "@file and more"})
    void aPromptMayBeginWithADash(String prompt) {
        Result first = run(List.of("run", "--max-tokens", "2", "--greedy", "--json", prompt));
        assertEquals(0, first.code(), first::err);
        Result last = run(List.of("run", prompt, "--max-tokens", "2", "--greedy", "--json"));
        assertEquals(0, last.code(), last::err);
        assertEquals(tokens(first), tokens(last));
        assertEquals(tokens(first),
                tokens(run(List.of("run", "--max-tokens", "2", "--greedy", "--json", "--", prompt))));
        assertEquals(tokens(first),
                tokens(run(prompt, "run", "--max-tokens", "2", "--greedy", "--json", "-")));
    }

    private static Object tokens(Result result) {
        return assertInstanceOf(Long.class,
                assertInstanceOf(Map.class, result.json().get("usage")).get("promptTokens"));
    }

    @Test
    void valuesOfOptionsMayBeginWithADash() {
        Object plain = tokens(run(List.of("run", "--max-tokens", "2", "--greedy", "--json", "--system", "- Be brief.",
                "Hello!")));
        assertEquals(plain, tokens(run(List.of("run", "--max-tokens", "2", "--greedy", "--json",
                "--system=- Be brief.", "Hello!"))));
        assertEquals(0, run(List.of("run", "--seed", "-5", "--max-tokens", "2", "Hello!")).code());
    }

    @Test
    void aWordWithADashIsNoPromptUnlessItIsSaid() {
        Result option = run(List.of("run", "--greedy", "-x"));
        assertEquals(2, option.code());
        assertTrue(option.err().contains("behind --"), option::err);
        assertEquals(0, run(List.of("run", "--max-tokens", "2", "--", "-x")).code());
        assertEquals(0, run(List.of("run", "--max-tokens", "2", "-5")).code());
    }

    @Test
    void aStopTextEndsTheAnswerAndIsNoPartOfIt() {
        Result result = run(List.of("run", "--greedy", "--json", "--stop", "nowhere", "--stop", "lamp is",
                "Turn on the kitchen lamp."));
        assertEquals("The kitchen ", result.json().get("text"), result::err);
        assertEquals("stop_string", result.json().get("finishReason"));
    }

    /** Numbers are the same in every country; where a comma may be meant for the point, the cure is told. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --temperature=0,5             | '0,5' is not a number; write 0.5.
            --top-p=,9                    | ',9' is not a number; write .9.
            --min-p=warm                  | 'warm' is not a number.
            --logit-bias=5=1,5            | '1,5' is not a number; write 1.5.
            --top-k=99999999999           | '99999999999' is not from -2147483648 to 2147483647.
            --max-tokens=1.5              | '1.5' is not a whole number.
            --seed=99999999999999999999   | '99999999999999999999' is not from -9223372036854775808 to 9223372036854775807.
            """)
    void whatIsNoNumberIsToldInPlainWords(String option, String expected) {
        Result result = run(List.of("run", option, "Hi"));
        assertEquals(2, result.code());
        assertTrue(result.err().contains(expected), result::err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-inf", "-INF", "-Infinity", "-infinity"})
    void infinityIsReadAsOtherProgramsWriteIt(String infinity) {
        Result result = run(List.of("run", "--logit-bias=-7=" + infinity, "Hi"));
        assertFalse(result.err().contains("is not a number"), result::err);
        assertEquals(2, run(List.of("run", "--logit-bias=7=-infi", "Hi")).code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t", "\u00a0", "\u200b", "\ufeff", "\u3000 \u0007"})
    void aBlankPromptIsRefused(String prompt) {
        Result argument = run(List.of("run", prompt));
        assertEquals(2, argument.code());
        assertTrue(argument.err().contains("the prompt is blank"), argument::err);
        Result input = run(prompt, "run", "-");
        assertEquals(1, input.code());
        assertEquals("millrace: There is nothing on standard input.\n", input.err());
        assertEquals("", run(prompt + "\n", "chat").out());
    }

    @Test
    void aByteOrderMarkIsNoPartOfThePrompt() {
        assertEquals("Goodbye!\n", run("\ufeffBye\n", "run", "--greedy", "-").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"run --greedy Bye", "run --json Bye", "inspect model --model nano", "--help", "--version",
            "run --help", "bench --model nano -p 2 -n 1 -r 1", "chat"})
    void aResultThatCannotBeWrittenIsAFailure(String line) {
        Result full = run("Bye", broken("No space left on device"), line.split(" "));
        assertEquals(1, full.code());
        List<String> said = full.err().lines().filter(one -> one.startsWith("millrace: ")).toList();
        assertEquals(List.of(
                "millrace: Standard output cannot be written, so the result is lost: No space left on device."), said);
        Result gone = run("Bye", broken("Broken pipe"), line.split(" "));
        assertEquals(1, gone.code());
        assertFalse(gone.err().contains("millrace: "), gone::err);
    }

    @Test
    void aChatByPipeTellsThatAMessageFailed() {
        String tooLong = "word ".repeat(20_000);
        Result result = run(tooLong + "\nBye\n", "chat", "--greedy");
        assertEquals(1, result.code(), result::err);
        assertEquals("Goodbye!\n", result.out());
        Result command = run("/backend quantum\nBye\n", "chat", "--greedy");
        assertEquals(1, command.code(), command::err);
        assertTrue(command.err().contains("quantum"), command::err);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nonsense", "/back", "/rewind", "/rewind x", "/rewind 0", "/save", "/save \0",
            "/save /proc/nope/x", "/backend quantum", "/", "/HELP"})
    void aChatByPipeTellsThatACommandFailed(String failing) {
        Result result = run(failing + "\n/help\n", "chat");
        assertEquals(1, result.code(), result::err);
        assertEquals(1, result.err().lines().filter(line -> line.startsWith("millrace: ")).count(), result::err);
        assertTrue(result.err().contains("/rewind [N]"), "the talk goes on");
    }

    @Test
    void aChatByPipeWhoseCommandsAllWorkIsDone() {
        Result result = run("/help\n/tools\n/fork\n/back\n/backend\n/save " + folder.resolve("s") + "\n/exit\n",
                "chat");
        assertEquals(0, result.code(), result::err);
        assertEquals("", result.out());
    }

    /** An answer may be nothing but thinking or calls. */
    @Test
    void anAnswerWithoutAWordIsAnEmptyLine() throws Exception {
        String tools = file("tools.json", "[{\"name\": \"a\"}]").toString();
        List<String> silent = List.of("run", "--greedy", "--tools", tools, "--regex", "", "Bye");
        Result result = run(silent);
        assertEquals(0, result.code(), result::err);
        assertEquals("\n", result.out());
        assertEquals(1, run("", broken("No space left on device"), silent.toArray(String[]::new)).code());
    }

    @Test
    void whoeverInterruptsASoakIsToldNoFault() throws Exception {
        FutureTask<Result> running = new FutureTask<>(
                () -> run(List.of("soak", "--model", "nano", "--minutes", "1", "--users", "1")));
        Thread soak = Thread.ofPlatform().start(running);
        while (soak.isAlive() && Stream.of(soak.getStackTrace()).noneMatch(at -> at.getMethodName().equals("move"))) {
            Thread.onSpinWait();
        }
        soak.interrupt();
        Result result = running.get();
        assertTrue(result.err().endsWith("millrace: Cancelled.\n"), result::err);
    }

    @Test
    void whoeverInterruptsWaitsForNothing() {
        Thread.currentThread().interrupt();
        Result result = run(List.of("bench", "--model", "nano", "-p", "4", "-n", "100000", "-r", "1"));
        assertTrue(Thread.interrupted());
        assertEquals(1, result.code());
        assertEquals("millrace: Cancelled.\n", result.err());
        Thread.currentThread().interrupt();
        Result written = run(List.of("synth", "tiny", folder.resolve("out.gguf").toString()));
        assertTrue(Thread.interrupted());
        assertEquals("millrace: Cancelled.\n", written.err());
        assertEquals(0, folder.toFile().list().length);
    }

    @Test
    void theTokenBudgetHoldsAndIsSaid() {
        Result result = run(List.of("run", "--greedy", "--max-tokens", "3", "Hello!"));
        assertEquals(0, result.code(), result::err);
        assertTrue(result.err().contains("--max-tokens"), result::err);
    }

    @Test
    void logitsOfOneAndOfMany() throws Exception {
        Map<?, ?> one = run(List.of("inspect", "logits", "--model", "nano", "--ids", "1,3,95")).json();
        List<?> logits = assertInstanceOf(List.class, one.get("logits"));
        assertEquals(2048, logits.size());
        Map<?, ?> all = run(List.of("inspect", "logits", "--model", "nano", "--ids", "1,3,95", "--all")).json();
        assertEquals(3, assertInstanceOf(List.class, all.get("logits")).size());
        Path file = file("ids.json", "[[1, 3, 95], {\"ids\": [1]}, [-1]]");
        Result batch = run(List.of("inspect", "logits", "--model", "nano", "--batch", file.toString()));
        List<?> outputs = assertInstanceOf(List.class, Json.parse(batch.out()));
        assertEquals(one, outputs.getFirst());
        assertEquals(3, outputs.size());
        assertTrue(outputs.getLast().toString().startsWith("{error="), batch::out);
        assertEquals(1, batch.code(), "one of them failed");
    }

    @Test
    void greedyIdsDecodeToAnAnswer() {
        Map<?, ?> object = run(List.of("inspect", "greedy", "--model", "nano", "--ids", "1,3", "-n", "5")).json();
        assertEquals(5, assertInstanceOf(List.class, object.get("ids")).size());
    }

    @Test
    void moreThreadsThanProcessorsWorkAndAreSaidToBeSlower() {
        int processors = Runtime.getRuntime().availableProcessors();
        Result all = run(List.of("inspect", "greedy", "--model", "nano", "--ids", "1,3", "-n", "5", "--threads",
                "" + processors));
        assertEquals("", all.err());
        Result more = run(List.of("inspect", "greedy", "--model", "nano", "--ids", "1,3", "-n", "5", "--threads",
                "" + (processors + 1)));
        assertEquals(0, more.code(), more::err);
        assertEquals(all.out(), more.out());
        assertEquals(1, more.err().lines().count(), more::err);
        assertTrue(more.err().contains("--threads " + (processors + 1) + " is more than the " + processors), more::err);
    }

    @Test
    void benchTellsTheThreadsThatComputed() {
        assertEquals((long) Processors.here().cores(),
                run(List.of("bench", "--model", "nano", "-p", "8", "-n", "1", "-r", "1", "--json")).json()
                        .get("threads"));
    }

    @Test
    void tokensOfOneAndOfMany() throws Exception {
        Path text = file("text", "Hello<|im_end|>");
        Map<?, ?> plain = run(List.of("inspect", "tokens", "--model", "nano", "--text-file", text.toString())).json();
        assertEquals("Hello<|im_end|>", plain.get("decoded"));
        Map<?, ?> special = run(
                List.of("inspect", "tokens", "--model", "nano", "--special", "--text-file", text.toString())).json();
        assertEquals(4L, assertInstanceOf(List.class, special.get("ids")).getLast());
        assertNotEquals(plain.get("ids"), special.get("ids"));
        Path texts = file("texts.json", "[\"Hello<|im_end|>\", \"\", 3]");
        Result batch = run(
                List.of("inspect", "tokens", "--model", "nano", "--batch", "--text-file", texts.toString()));
        List<?> outputs = assertInstanceOf(List.class, Json.parse(batch.out()));
        assertEquals(plain, outputs.getFirst());
        assertEquals("{ids=[], decoded=, characters=0, bytes=0, charactersPerToken=null, bytesPerToken=null}",
                outputs.get(1).toString());
        assertTrue(outputs.get(2).toString().startsWith("{error="), batch::out);
        assertEquals(1, batch.code(), "one of them failed");
    }

    @Test
    void tokensTellHowWellTheyCompress() throws Exception {
        String text = "Grüße aus dem Keller 😀";
        Path file = file("text", text);
        Map<?, ?> object = run(List.of("inspect", "tokens", "--model", "nano", "--text-file", file.toString())).json();
        int tokens = assertInstanceOf(List.class, object.get("ids")).size();
        assertEquals(22L, object.get("characters"), "code points");
        assertEquals(27L, object.get("bytes"), "UTF-8");
        assertEquals(22.0 / tokens, assertInstanceOf(Double.class, object.get("charactersPerToken")), 0.0005);
        assertEquals(27.0 / tokens, assertInstanceOf(Double.class, object.get("bytesPerToken")), 0.0005);
    }

    @Test
    void templatesAreRendered() throws Exception {
        Path template = file("t.jinja", "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}");
        Path input = file("i.json", "{\"messages\": [{\"role\": \"user\", \"content\": \"é\"}]}");
        assertEquals("<user>é",
                run(List.of("inspect", "chat", "--template", template.toString(), "--input", input.toString())).out());
        Path inputs = file("is.json", "[{\"messages\": []}, {\"messages\": [{\"role\": \"a\", \"content\": \"b\"}]}]");
        assertEquals("[\"\", \"<a>b\"]\n", run(List.of("inspect", "chat", "--template", template.toString(), "--input",
                inputs.toString(), "--batch")).out());
    }

    @Test
    void answersAreTakenApart() throws Exception {
        String answer = "<think>hm</think>ok<|tool_call_start|>[f(a=1)]<|tool_call_end|>";
        String expected = "{\"reasoning\": \"hm\", \"content\": \"ok\", \"calls\": [{\"name\": \"f\", \"arguments\": {\"a\": 1}}]}";
        assertEquals(expected + "\n",
                run(List.of("inspect", "calls", "--text-file", file("a", answer).toString())).out());
        Result batch = run(List.of("inspect", "calls", "--batch", "--text-file",
                file("b", Json.write(List.of(answer))).toString()));
        assertEquals("[" + expected + "]\n", batch.out());
        assertEquals(0, batch.code());
    }

    @Test
    void aModelFileTellsOfItself() {
        Map<?, ?> object = run(List.of("inspect", "model", "--model", "nano")).json();
        assertEquals(8L, object.get("layers"));
        assertEquals(2048L, object.get("vocabularySize"));
        assertEquals("Q8_0", object.get("quantisation"));
    }

    @Test
    void benchMeasures() {
        Map<?, ?> object = run(List.of("bench", "--model", "nano", "-p", "8", "-n", "2", "-r", "2", "--json")).json();
        assertEquals("[backend, threads, loadSeconds, prefillTokensPerSecond, decodeTokensPerSecond, peakRssBytes]",
                object.keySet().toString());
        assertEquals(2, assertInstanceOf(List.class, object.get("decodeTokensPerSecond")).size());
        assertTrue(run(List.of("bench", "--model", "nano", "-p", "8", "-n", "2", "-r", "1")).out().contains("prefill"));
    }

    @Test
    void soakFindsNothingWrong() {
        Result result = run(List.of("soak", "--model", "nano", "--minutes", "0.05", "--users", "4",
                "--beside", "nano"));
        assertEquals(0, result.code(), result.out() + result.err());
        assertTrue(result.out().contains("wrong        nothing"), result.out());
        assertEquals(2, run(List.of("soak", "--minutes", "0")).code());
    }

    @Test
    void benchMeasuresARequestThatJoins() {
        List<String> line = List.of("bench", "--model", "nano", "-p", "8", "-n", "2", "-r", "1", "--sequences", "2",
                "--join", "100");
        Result result = run(line);
        assertEquals(0, result.code(), result::err);
        assertTrue(result.out().contains("a request of 100 tokens joins 2 conversations"), result::out);
        assertTrue(result.out().contains("ms meanwhile"), result::out);
        Map<?, ?> object = run(Stream.concat(line.stream(), Stream.of("--json")).toList()).json();
        Map<?, ?> joined = assertInstanceOf(Map.class,
                assertInstanceOf(List.class, object.get("join")).getFirst());
        assertTrue(assertInstanceOf(Double.class, joined.get("betweenTokensDuring")) > 0, joined::toString);
    }

    @Test
    void benchMeasuresSeveralConversationsAndLongPrompts() {
        Result result = run(
                List.of("bench", "--model", "nano", "-p", "1030", "-n", "2", "-r", "1", "--sequences", "2"));
        assertEquals(0, result.code(), result::err);
        assertTrue(result.out().contains("2 times 1030 tokens"), result::out);
        assertTrue(result.out().contains("at the end, where a token costs"), result::out);
        assertTrue(result.out().contains("for each of the 2 conversations"), result::out);
        Map<?, ?> object = run(List.of("bench", "--model", "nano", "-p", "8", "-n", "2", "-r", "1", "--sequences", "3",
                "--threads", "1", "--backend", "cpu:scalar", "--json")).json();
        assertEquals("cpu:scalar", object.get("backend"));
        assertEquals(1L, object.get("threads"));
        assertEquals(6, object.size());
    }

    @Test
    void inspectTellsWhoRunsAModel() {
        Map<?, ?> object = run(List.of("inspect", "model", "--model", "nano")).json();
        List<?> backends = assertInstanceOf(List.class, object.get("backends"));
        assertFalse(backends.isEmpty());
        for (Object each : backends) {
            Map<?, ?> one = assertInstanceOf(Map.class, each);
            if (String.valueOf(one.get("device")).startsWith("cpu:")) {
                assertEquals(true, one.get("runs"), one::toString);
                assertTrue(assertInstanceOf(Long.class, one.get("bytes")) > 1 << 20, one::toString);
                assertTrue(assertInstanceOf(Long.class, one.get("context")) > 0, one::toString);
            } else {
                // a GGUF file is no graph, and the device of an accelerator may not be here
                assertEquals(false, one.get("runs"), one::toString);
                assertTrue(List.of("program", "device").contains(String.valueOf(one.get("cause"))), one::toString);
                assertTrue(String.valueOf(one.get("reason")).endsWith("."), one::toString);
            }
        }
        Result lines = run(List.of("inspect", "model", "--model", "nano"));
        assertEquals(backends.size(), lines.out().lines().filter(line -> line.contains("\"device\"")).count(),
                lines::out);
    }

    @Test
    void theDoctorLooksAtEverything() {
        Result result = run(List.of("doctor"));
        assertEquals(0, result.code(), result::err);
        for (String word : List.of("Java", "Flags", "Vectors", "Cores", "Memory", "GB/s", "cpu", "Kernels", "GMAC/s",
                "Q8_0")) {
            assertTrue(result.out().contains(word), result::out);
        }
    }

    @Test
    void chatTakesPipedLines() {
        Path saved = folder.resolve("saved");
        Result result = run(
                "Bye\n/tools\n/fork\nHello!\n/back\n/back\n/rewind\n/rewind\n/rewind x\n/save\n/save " + saved
                        + "\n/backend\n/nonsense\n/help\n/quit\nHello!\n",
                "chat", "--temperature", "0");
        assertEquals(1, result.code(), "some commands could not be done");
        assertEquals("Goodbye!\nHello! I watch over this gateway. What can I do for you?\n", result.out());
        for (String said : List.of("set_device", "forked", "back where", "millrace: There is no fork",
                "forgot the last exchange", "millrace: There is nothing to forget", "millrace: /rewind takes a number",
                "millrace: /save takes the name of a file", "saved to", "cpu", "millrace: There is no /nonsense",
                "/rewind [N]")) {
            assertTrue(result.err().contains(said), () -> said + " in " + result.err());
        }
        Result restored = run("Bye\n", "chat", "--temperature", "0", "--restore", saved.toString());
        assertEquals("Goodbye!\n", restored.out(), restored::err);
    }

    @Test
    void aRandomModelIsWrittenAndRuns() {
        Path out = folder.resolve("tiny.gguf");
        assertEquals(0, run(List.of("synth", "tiny", out.toString(), "--quant", "q4_0", "--seed", "7")).code());
        Map<?, ?> object = run(List.of("inspect", "greedy", "--model", out.toString(), "--ids", "1,2", "-n", "3"))
                .json();
        assertEquals(3, assertInstanceOf(List.class, object.get("ids")).size());
    }

    @Test
    void selectorsOfToolsAreMeasured() {
        Result result = run("", "tools", "bench", "--missed");
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().startsWith("67 tools, 100 requests"), result.out());
        // a third of the requests share no word with their tool, which is more than words can find
        assertTrue(atFifteen(result, "bm25") >= 75, result.out());
        assertTrue(result.out().lines().filter(line -> line.startsWith("  missed ")).count() > 10, result.out());
    }

    private static double atFifteen(Result result, String selector) {
        String line = result.out().lines().filter(each -> each.startsWith(selector)).findFirst().orElseThrow();
        return Double.parseDouble(line.split("[ %]+", -1)[5]);
    }

    @Test
    void requestsWithoutSharedWordsAreSo() throws Exception {
        Map<String, String> tools = new HashMap<>();
        run("", "tools", "list").out().lines().forEach(line -> tools.put(line.substring(0, line.indexOf(' ')),
                line.replaceFirst(" of .*?:", "")));
        int paraphrases = 0;
        for (ToolCases.Asked asked : ToolCases.requests(null)) {
            if (asked.paraphrase()) {
                paraphrases++;
                Set<String> said = new HashSet<>(
                        List.of(Objects.requireNonNull(tools.get(asked.steps().getFirst().tool()))
                                .toLowerCase(Locale.ROOT).split("[^a-z]+", -1)));
                said.retainAll(List.of(asked.ask().toLowerCase(Locale.ROOT).split("[^a-z]+", -1)));
                said.removeIf(word -> word.length() < 5);
                assertEquals(Set.of(), said, asked.ask());
            }
        }
        assertEquals(33, paraphrases);
        assertEquals(List.of(15L, 20L, 15L), List.of(steps(3, 3), steps(4, 5), steps(6, 6)));
    }

    private static long steps(int least, int most) throws IOException {
        return ToolCases.chains(null).stream().map(each -> each.steps().size())
                .filter(size -> size >= least && size <= most).count();
    }

    @Test
    void aModelIsMeasured() {
        Result result = run("", "tools", "bench", "--model", "--first", "1");
        assertEquals(0, result.code(), result.err());
        String cost = "; on average \\d+ tokens of prompt, \\d+ written, [0-9.]+ s";
        List<String> lines = result.out().lines().toList();
        assertEquals("model nano", lines.get(lines.size() - 3));
        assertTrue(lines.get(lines.size() - 2)
                .matches("1 requests: right tool (0|100)\\.0 %, with right arguments (0|100)\\.0 %" + cost),
                result.out());
        assertTrue(lines.getLast().matches("1 chains: completed (0|100)\\.0 %, steps in order [0-9.]+ %" + cost),
                result.out());
        assertEquals(1, run("", "tools", "bench", "--model", "--first", "0").code());
    }

    @ParameterizedTest
    @CsvSource({"Kitchen Lamp, 2, set_device, true", "kitchen_lamp, 2, set_device, true",
            "kitchen-lamp , 2, set_device, true", "cellar_lamp, 2, set_device, false",
            "kitchen_lamp, 3, set_device, false", "kitchen_lamp, 2, lock_door, false"})
    void callsAreJudged(String name, double level, String tool, boolean right) throws Exception {
        ToolCases.Step step = ToolCases.requests(file("one.json", """
                [{"ask": "?", "tool": "set_device", "arguments": {"name": "kitchen_lamp", "level": 2}}]""")).getFirst()
                .steps().getFirst();
        assertEquals(right, step.is(new ToolCall("1", tool, Map.of("name", name, "level", level, "more", true))));
        assertFalse(step.is(new ToolCall("1", "set_device", Map.of())));
    }

    @Test
    void ownRequestsAreMeasured() throws Exception {
        Path good = file("good.json", "[{\"ask\": \"Lock the door\", \"tool\": \"lock_door\"}]");
        assertTrue(run("", "tools", "bench", "--requests", good.toString()).out().contains("67 tools, 1 requests"));
        Path unknown = file("unknown.json", "[{\"ask\": \"x\", \"tool\": \"fly\"}]");
        assertTrue(run("", "tools", "bench", "--requests", unknown.toString()).err().contains("the tool fly"));
        Path chain = file("chain.json",
                "[{\"ask\": \"Lock it.\", \"steps\": [{\"tool\": \"lock_door\"}, {\"tool\": \"fly\"}]}]");
        assertTrue(run("", "tools", "bench", "--chains", chain.toString()).err().contains("the tool fly"));
        assertEquals(1,
                run("", "tools", "bench", "--chains", file("none.json", "[{\"ask\": \"?\", \"steps\": []}]").toString())
                        .code());
        for (String wrong : List.of("[]", "{}", "[1]", "[{\"ask\": 1}]", "[",
                "[{\"ask\": \"?\", \"tool\": \"lock_door\", \"arguments\": 1}]")) {
            Result result = run("", "tools", "bench", "--requests", file("wrong.json", wrong).toString());
            assertEquals(1, result.code(), wrong);
            assertFalse(result.err().contains("should not"), result.err());
        }
    }

    @Test
    void toolsOfOnePluginOrOfAFileAreMeasured() throws Exception {
        Result gateway = run("", "tools", "bench", "--only", "gateway");
        assertTrue(gateway.out().startsWith("8 tools, "), gateway.out());
        assertEquals(100.0, atFifteen(gateway, "bm25"), "there are fewer than 15");
        Result nobody = run("", "tools", "bench", "--only", "nobody");
        assertEquals(1, nobody.code());
        assertTrue(nobody.err().contains("There are no tools of nobody; there are those of "), nobody.err());

        String lamp = "{\"name\": \"lamp\", \"description\": \"Switch a lamp.\", \"inputSchema\": {\"type\": \"object\"}}";
        String door = "{\"type\": \"function\", \"function\": {\"name\": \"door\", \"description\": \"Lock a door.\"}}";
        Path requests = file("requests.json", "[{\"ask\": \"Is the door locked?\", \"tool\": \"door\"}]");
        for (String tools : List.of("[" + lamp + "," + door + "]",
                "{\"tools\": [" + lamp + ",{\"name\": \"door\", \"description\": \"Lock a door.\"}]}")) {
            Path file = file("tools.json", tools);
            Result own = run("", "tools", "bench", "--tools", file.toString(), "--requests", requests.toString());
            assertEquals(0, own.code(), own.err());
            assertTrue(own.out().startsWith("2 tools, 1 requests"), own.out());
            assertTrue(own.out().contains("bm25        100.0 %100.0 %100.0 %100.0 %100.0 %"), own.out());
            assertEquals(1, run("", "tools", "bench", "--tools", file.toString(), "--only", "gateway", "--requests",
                    requests.toString()).code());
            // our requests are about other tools
            assertTrue(run("", "tools", "bench", "--tools", file.toString()).err().contains("give requests"));
        }
        Result wrong = run("", "tools", "bench", "--tools", file("wrong.json", "[{\"title\": 1}]").toString());
        assertEquals(1, wrong.code());
        assertTrue(wrong.err().contains("tool 1: expected an object with name"), wrong.err());
    }

    @Test
    void chainsAreSaidStepByStep() throws Exception {
        Path chain = file("chain.json", """
                [{"ask": ["Turn on the kitchen lamp.", "Turn off the kitchen lamp."], "steps": [
                  {"tool": "set_device", "arguments": {"name": "kitchen_lamp", "state": "on"}},
                  {"tool": "set_device", "arguments": {"name": "kitchen_lamp", "state": "off"}}]}]""");
        Result result = run("", "tools", "bench", "--only", "gateway", "--chains", chain.toString(), "--model");
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().startsWith("8 tools, 0 requests"), result.out());
        assertTrue(result.out().contains("1 of 1"), result.out());
        String last = result.out().lines().toList().getLast();
        assertTrue(last.startsWith("1 chains: completed 100.0 %, steps in order 100.0 %"), result.out());
        for (String wrong : List.of("[{\"ask\": [], \"steps\": [{\"tool\": \"set_device\"}]}]",
                "[{\"ask\": [1], \"steps\": [{\"tool\": \"set_device\"}]}]",
                "[{\"ask\": \"x\", \"steps\": [{\"tool\": \"set_device\"}, 7]}]")) {
            Result refused = run("", "tools", "bench", "--chains", file("wrong.json", wrong).toString());
            assertEquals(1, refused.code());
            assertTrue(refused.err().contains("ask may be a list of texts"), refused.err());
        }
    }

    @Test
    void toolsAreListed() {
        Result result = run("", "tools", "list");
        assertEquals(67, result.out().lines().count());
        assertTrue(result.out().contains("lock_door of plant: Lock a door"), result.out());
        assertEquals(2, run("", "tools").code());
    }
}
