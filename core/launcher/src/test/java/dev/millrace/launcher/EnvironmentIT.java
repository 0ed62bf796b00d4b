/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.millrace.json.Json;
import dev.millrace.launcher.Program.Result;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The program in environments that users bring: other locales, folders that cannot be written, descriptors that are closed. */
final class EnvironmentIT {

    private static final Path FULL = Path.of("/dev/full");
    /** Nothing can be made there, whoever tries. */
    private static final String UNWRITABLE = "/proc/nope";
    private static final Pattern OTHER_DIGIT = Pattern.compile("[\\p{Nd}&&[^0-9]]");

    @TempDir
    Path folder;

    private Program program;

    @BeforeEach
    void start() throws Exception {
        program = new Program(folder);
    }

    private static Map<?, ?> json(Result result) {
        assertEquals(0, result.code(), result::err);
        return assertInstanceOf(Map.class, Json.parse(result.out()));
    }

    private static void oneSentence(Result result, String part) {
        assertEquals(1, result.code(), result::err);
        assertEquals(1, result.notes().lines().count(), result::err);
        assertTrue(result.notes().startsWith("millrace: ") && result.notes().contains(part), result::err);
    }

    @ParameterizedTest
    @CsvSource({"ar, EG, doctor --help", "ar, SA, run --greedy --json Bye", "fa, IR, inspect model --model nano",
            "bn, BD, bench --model nano -p 2 -n 1 -r 1", "mr, IN, parity --model nano --model nano --ids 1 -n 2",
            "ne, NP, inspect logits --model nano --ids 1", "my, MM, inspect greedy --model nano --ids 1 -n 2",
            "ckb, IQ, run --help",
            "tr, TR, synth TINY {}/out.gguf --quant Q4_K_M"})
    void inEveryCountryItStartsAndWritesTheSameDigits(String language, String country, String line) throws Exception {
        program.withFlag("-Duser.language=" + language).withFlag("-Duser.country=" + country);
        Result result = program.run(line.replace("{}", folder.toString()).split(" "));
        assertEquals(0, result.code(), result::err);
        assertEquals("", result.notes());
        assertFalse(OTHER_DIGIT.matcher(result.out()).find(), result::out);
    }

    /** Locales at random, with numbering systems and calendars of their own. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void inAnyLocaleTheAnswerIsTheSame(long seed) throws Exception {
        Random random = new Random(seed);
        List<Locale> all = Locale.availableLocales().filter(locale -> !locale.getLanguage().isEmpty())
                .sorted(Comparator.comparing(Locale::toLanguageTag)).toList();
        Locale locale = all.get(random.nextInt(all.size()));
        List<String> extensions = List.of("", "nu-arab", "nu-deva", "nu-thai", "ca-buddhist", "nu-mymr-ca-islamic");
        program.withFlag("-Duser.language=" + locale.getLanguage()).withFlag("-Duser.country=" + locale.getCountry())
                .withFlag("-Duser.script=" + locale.getScript())
                .withFlag("-Duser.extensions=u-" + extensions.get(random.nextInt(extensions.size())));
        Result result = program.run("run", "--greedy", "--json", "Bye");
        assertEquals("Goodbye!", json(result).get("text"), locale.toLanguageTag());
        assertEquals("", result.notes(), locale.toLanguageTag());
        assertFalse(OTHER_DIGIT.matcher(result.out()).find(), locale + result.out());
    }

    @Test
    void aLocaleThatIsNotInstalledChangesNoLetter() throws Exception {
        Path file = Files.writeString(folder.resolve("größe.txt"), "Maß");
        program.with("LC_ALL", "de_XY.UTF-8");
        Result tokens = program.finish(
                program.script("inspect", "tokens", "--model", "nano", "--text-file", file.toString()));
        assertEquals("Maß", json(tokens).get("decoded"));
        String[] run = {"run", "--max-tokens", "2", "--json", "Grüße \ud83d\ude00"};
        Object usage = json(program.finish(program.script(run))).get("usage");
        assertEquals(json(program.with("LC_ALL", "C.UTF-8").finish(program.script(run))).get("usage"), usage);
    }

    @Test
    void aCurrentFolderThatIsGoneIsSaidSo() throws Exception {
        Path gone = Files.createDirectory(folder.resolve("gone"));
        Result result = program.finish(program.shell("cd " + gone + " && rmdir " + gone + " && millrace --version"));
        assertEquals(1, result.code(), result::err);
        // shells complain themselves before
        assertTrue(result.err().endsWith("millrace: the current folder is gone; change to another one.\n"),
                result::err);
    }

    @Test
    void withoutTheScriptLettersThatAreLostAreSaidSo() throws Exception {
        oneSentence(program.run("run", "Gr\u00fc\u00dfe"), "LC_ALL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run --greedy Bye", "inspect model --model nano", "--help"})
    void aFullDiskIsSaidSo(String line) throws Exception {
        if (Files.exists(FULL)) {
            Result result = program.to(FULL).run(line.split(" "));
            assertEquals(1, result.code());
            assertTrue(result.notes().endsWith("so the result is lost: No space left on device.\n"), result::err);
        }
    }

    @Test
    void aReaderThatIsGoneIsNoNews() throws Exception {
        Process process = program.start(true, "inspect", "logits", "--model", "nano", "--all", "--ids",
                "1" + ",1".repeat(300));
        process.getInputStream().close();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(1, process.exitValue());
        assertEquals("", program.notes(process));
    }

    @Test
    void closedDescriptorsAreNoFiles() throws Exception {
        oneSentence(program.finish(program.shell("exec millrace run --greedy - <&-")), "nothing on standard input");
        Result out = program.finish(program.shell("exec millrace --version >&-"));
        oneSentence(out, "Standard output cannot be written");
        assertEquals("Goodbye!\n", program.finish(program.shell("exec millrace run --greedy Bye 2>&-")).out());
    }

    @Test
    void aCacheThatCannotBeWrittenCostsWhatNeedsIt() throws Exception {
        Path template = Files.writeString(folder.resolve("t.jinja"), "{{ a }}");
        Path input = Files.writeString(folder.resolve("in.json"), "{\"a\": \"b\"}");
        assertEquals(0, program.run("inspect", "model", "--model", "nano").code());
        Path model;
        try (Stream<Path> files = Files.walk(program.cache())) {
            model = files.filter(file -> file.toString().endsWith(".gguf")).findFirst().orElseThrow();
        }
        program.with("MILLRACE_CACHE", UNWRITABLE);
        assertEquals(0, program.run("--help").code());
        assertEquals("b", program.run("inspect", "chat", "--template", template.toString(), "--input",
                input.toString()).out());
        Result run = program.run("run", "--greedy", "--model", model.toString(), "Bye");
        assertEquals("Goodbye!\n", run.out(), run::err);
        oneSentence(program.run("run", "Bye"), "MILLRACE_CACHE");
        assertEquals(List.of(), program.temporaryFiles());
    }

    @Test
    void theHomeFolderIsWhatTheVariableSays() throws Exception {
        program.with("MILLRACE_CACHE", "").with("XDG_CACHE_HOME", "").with("HOME", folder.toString());
        assertEquals(0, program.run("inspect", "model", "--model", "nano").code());
        assertTrue(Files.isDirectory(folder.resolve(".cache/millrace/models")));
    }

    @Test
    void aModelThatAPowerCutDamagedIsMended() throws Exception {
        assertEquals("Goodbye!\n", program.run("run", "--greedy", "Bye").out());
        Path model;
        try (Stream<Path> files = Files.walk(program.cache())) {
            model = files.filter(file -> file.toString().endsWith(".gguf")).findFirst().orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
            file.seek(4_000_000);
            file.write(new byte[200_000]);
        }
        assertEquals("Goodbye!\n", program.run("run", "--greedy", "Bye").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aLongPromptDoesNotHoldTheEndUp(String signal) throws Exception {
        assumeFalse(signal.equals("INT") && ignoresInterrupts(),
                "this process ignores SIGINT, and so does what it starts");
        Path model = folder.resolve("tiny.gguf");
        assertEquals(0, program.run("synth", "tiny", model.toString()).code());
        Process bench = program.start(true, "bench", "--model", model.toString(), "-p", "200000", "-n", "1", "-r", "1");
        // the start takes less, so by then it reads
        while (bench.info().totalCpuDuration().orElse(Duration.ZERO).compareTo(Duration.ofSeconds(5)) < 0) {
            assertFalse(bench.waitFor(50, TimeUnit.MILLISECONDS), "it ended by itself");
        }
        assertEquals(0, new ProcessBuilder("kill", "-" + signal, "" + bench.pid()).start().waitFor());
        assertTrue(bench.waitFor(15, TimeUnit.SECONDS), "it goes on");
        assertEquals(signal.equals("INT") ? 130 : 143, bench.exitValue());
        assertEquals(List.of(), program.frameworks());
        assertEquals(List.of(), program.temporaryFiles());
    }

    /** Whoever ends a program that is just starting is not told how its parts take that. */
    @ParameterizedTest
    @ValueSource(ints = {150, 300, 450, 600, 750, 900})
    void aStartThatIsEndedSaysNothing(int millis) throws Exception {
        Process starting = program.start(true, "tools", "list");
        // a signal before Java has begun ends it as well
        while (starting.isAlive()
                && starting.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() < millis) {
            Thread.onSpinWait();
        }
        starting.toHandle().destroy(); // unlike the method of the process this leaves its output to be read
        Program.Result result = program.finish(starting);
        assertFalse(result.err().contains("Exception") || result.err().contains("\tat "), result::err);
    }

    /** A shell without a terminal starts what it puts into the background like this. */
    private static boolean ignoresInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.notExists(status)) {
            return false;
        }
        long ignored = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16)).findFirst()
                .orElse(0);
        return (ignored & 1L << (2 - 1)) != 0; // SIGINT is number 2
    }

    /** Locales, character sets, folders and closed descriptors at random; more of them by {@code -Dmillrace.environments=N}. */
    @Test
    void inAnySurroundingsTheAnswerIsTheSame() throws Exception {
        Random random = new Random(99);
        for (int round = Integer.getInteger("millrace.environments", 3); round > 0; round--) {
            Path own = Files.createDirectories(folder.resolve("a round's größe " + round));
            Program other = new Program(own);
            StringBuilder said = new StringBuilder();
            for (String name : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
                said.append(set(other, name, pick(random, "", "C", "POSIX", "C.UTF-8", "de_XY.UTF-8", "ar_SA.UTF-8",
                        "ja_JP.eucJP", "tr_TR.ISO-8859-9", "nonsense")));
            }
            said.append(set(other, "HOME", pick(random, "", "/dev/null", UNWRITABLE, "relative", own.toString())));
            said.append(set(other, "TMPDIR", pick(random, "", "/dev/null", UNWRITABLE, own.toString())));
            said.append(set(other, "TZ", pick(random, "", "Asia/Kathmandu", "nonsense", ":/dev/null")));
            said.append(set(other, "TERM", pick(random, "", "dumb", "xterm-256color", "nonsense")));
            said.append(set(other, "MILLRACE_JAVA_OPTS",
                    "-Duser.language=" + pick(random, "ar", "fa", "bn", "mr", "ne", "my", "ckb", "tr", "th")));
            String closed = pick(random, "", " <&-", " 2>&-", " <&- 2>&-", " </dev/null", " 2>/dev/null");
            Result result = other.finish(other.shell("exec millrace run --greedy Bye" + closed));
            assertEquals("Goodbye!\n", result.out(), () -> said + closed + result.err());
            assertEquals(0, result.code(), () -> said + closed + result.err());
        }
    }

    private static String set(Program program, String name, String value) {
        program.with(name, value);
        return name + "=" + value + "\n";
    }

    private static String pick(Random random, String... values) {
        return values[random.nextInt(values.length)];
    }

    /** Nonsense in any variable must not keep the program from telling its version. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverTheEnvironmentSaysItStarts(long seed) throws Exception {
        Random random = new Random(seed);
        String[] values = {"", "/dev/null", UNWRITABLE, "relative", "0", "-1", "\u0663", "C", "ar_SA.UTF-8",
                "tr_TR.ISO-8859-9",
                "xx", "x".repeat(5000), "a b", "$(exit 1)", "*", "\n"};
        StringBuilder said = new StringBuilder();
        for (String name : List.of("HOME", "XDG_CACHE_HOME", "MILLRACE_CACHE", "LANG", "LC_ALL", "LC_CTYPE",
                "LC_NUMERIC", "LANGUAGE", "TERM", "COLUMNS", "LINES", "TZ", "NO_COLOR", "TMPDIR", "XDG_RUNTIME_DIR",
                "JAVA_HOME", "PWD", "USER", "SHELL", "IFS", "CDPATH", "GREP_OPTIONS", "POSIXLY_CORRECT")) {
            String value = values[random.nextInt(values.length)];
            said.append(name).append('=').append(value).append('\n');
            program.with(name, value);
        }
        Result result = program.finish(program.scriptIn(folder, "--version"));
        assertEquals(0, result.code(), () -> said + result.err());
        assertEquals("", result.notes(), said::toString);
        assertTrue(result.out().matches("millrace [0-9.]+\\S*\n"), result::out);
    }
}
