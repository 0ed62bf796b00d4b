/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.Progress;
import dev.millrace.engine.Engine;
import dev.millrace.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people see of the store, and that nothing is fetched without their word. */
final class StoreCommandsTest {

    private static final String REFERENCE = "hf:Maker/Model-GGUF";

    private final Shelf shelf = new Shelf();

    private record Result(int code, String out, String err) {
    }

    private Result run(String input, boolean person, String... arguments) {
        return run(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), person, person, arguments);
    }

    private Result run(InputStream in, boolean types, boolean reads, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(in, new StandardOutput(out), new PrintStream(err, true, StandardCharsets.UTF_8),
                types, false, reads, false);
        try (Engine engine = new Engine()) {
            int code = new MillraceCommand(new Workplace(engine, List.of(), List.of(), console, "0.1.0", List.of(),
                    List.of(shelf), List.of(), List.of(), List.of())).execute(arguments);
            return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void pullTellsWhatItFetchesAndShowsTheTermsBefore() {
        Result result = run("", false, "pull", REFERENCE);
        assertEquals(0, result.code(), result::err);
        assertEquals("model-q4_0\n", result.out());
        assertTrue(result.err().contains("4.80 GB to download"), result::err);
        assertTrue(result.err().contains("because it fits"), result::err);
        assertTrue(result.err().contains("not signed"), result::err);
        assertTrue(result.err().indexOf("You may use it.") < result.err().indexOf("50 % of 4.80 GB"), result::err);
        assertEquals(List.of("pull", "licenceShown"), shelf.done);
    }

    @Test
    void aDryRunFetchesNothing() {
        Result result = run("", false, "pull", "--dry-run", REFERENCE);
        assertEquals(0, result.code(), result::err);
        assertEquals("", result.out());
        assertEquals(List.of(), shelf.done);
    }

    @Test
    void runFetchesOnlyWhenItIsTold() {
        Result silent = run("", false, "run", "--model", REFERENCE, "Hello");
        assertEquals(1, silent.code());
        assertTrue(silent.err().contains("4.80 GB to download") && silent.err().contains("add --pull"), silent::err);
        assertEquals(List.of(), shelf.done);
        Result no = run("n\n", true, "run", "--model", REFERENCE, "Hello");
        assertEquals(1, no.code());
        assertTrue(no.err().contains("Fetch it? [y/N]"), no::err);
        assertEquals(List.of(), shelf.done);
        run("y\n", true, "run", "--model", REFERENCE, "Hello");
        assertEquals(List.of("pull", "licenceShown"), shelf.done);
        shelf.done.clear();
        run("", false, "run", "--pull", "--model", REFERENCE, "Hello");
        assertEquals(List.of("pull", "licenceShown"), shelf.done);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            'y', true
            'Y\n', true
            ' yes \r\n', true
            'YES\nno\n', true
            '', false
            '\n', false
            'n\ny\n', false
            'maybe\n', false
            'yesterday\n', false
            """)
    void onlyAYesIsAYes(String typed, boolean agreed) {
        Result result = run(typed, true, "run", "--model", REFERENCE, "Hello");
        assertEquals(agreed ? List.of("pull", "licenceShown") : List.of(), shelf.done);
        // a line that was not ended must not run into the next message
        assertEquals(!typed.contains("\n"), result.err().contains("[y/N] \n"), result::err);
    }

    @Test
    void aQuestionThatNobodyCanSeeIsNotAsked() {
        InputStream typed = new ByteArrayInputStream("y\n".getBytes(StandardCharsets.UTF_8));
        Result result = run(typed, true, false, "run", "--model", REFERENCE, "Hello");
        assertEquals(1, result.code());
        assertTrue(result.err().contains("add --pull") && !result.err().contains("[y/N]"), result::err);
        assertEquals(List.of(), shelf.done);
    }

    @Test
    void aQuestionEndsWhenTheProgramIsAskedToEnd() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        InputStream silent = new InputStream() {
            @Override
            public int read() throws IOException {
                asked.countDown();
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new InterruptedIOException();
                }
                return -1;
            }

            @Override
            public int read(byte[] into, int at, int count) throws IOException {
                return read();
            }
        };
        FutureTask<Result> running = new FutureTask<>(
                () -> run(silent, true, true, "run", "--model", REFERENCE, "Hello"));
        Thread command = Thread.ofPlatform().start(running);
        asked.await();
        command.interrupt();
        Result result = running.get();
        never.countDown();
        assertEquals(1, result.code());
        assertTrue(result.err().endsWith("Fetch it? [y/N] \nmillrace: Cancelled.\n"), result::err);
        assertEquals(List.of(), shelf.done);
    }

    @Test
    void termsAreShownOnceBeforeTheFirstUse() {
        shelf.kept = Optional.of(Shelf.kept(false));
        Result first = run("", false, "run", "--model", "model-q4_0", "Hello");
        assertTrue(first.err().contains("You may use it."), first::err);
        assertEquals(List.of("licenceShown"), shelf.done);
        shelf.kept = Optional.of(Shelf.kept(true));
        assertFalse(run("", false, "run", "--model", "model-q4_0", "Hello").err().contains("You may use it."));
    }

    @Test
    void listsAndFactsAreForPeopleAndPrograms() {
        assertTrue(run("", false, "list").err().contains("millrace pull"));
        assertTrue(run("", false, "list").err().contains("1.00 GB of 4.80 GB"));
        shelf.kept = Optional.of(Shelf.kept(true));
        assertTrue(run("", false, "list").out().contains("model-q4_0"));
        List<?> rows = assertInstanceOf(List.class, Json.parse(run("", false, "list", "--json").out()));
        assertEquals("model-q4_0", assertInstanceOf(Map.class, rows.getFirst()).get("name"));
        assertTrue(run("", false, "show", "model-q4_0").out().contains("context       128000"));
        assertEquals("You may use it.\n", run("", false, "show", "--licence", "model-q4_0").out());
        assertEquals(0, run("", false, "verify").code());
        shelf.problems = List.of("x.gguf is gone.");
        Result broken = run("", false, "verify", "model-q4_0");
        assertEquals(1, broken.code());
        assertEquals("model-q4_0: x.gguf is gone.\n", broken.out());
    }

    @Test
    void whatDidNotEndIsRemovedWhenItIsTold() {
        Result result = run("", false, "rm", "--unfinished");
        assertEquals(0, result.code(), result::err);
        assertTrue(result.err().contains("1.00 GB became free"), result::err);
        assertEquals(List.of("forget"), shelf.done);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pull", "pull a b", "pull --limit fast hf:a/b", "pull --limit 0 hf:a/b",
            "pull --connections 0 hf:a/b",
            "pull --trust some hf:a/b", "rm", "import", "export only-one", "show"})
    void wrongUsageIsTwoAndOneSentence(String line) {
        Result result = run("", false, line.split(" "));
        assertEquals(2, result.code(), result::err);
        assertEquals(1, result.err().lines().count(), result::err);
    }

    @Test
    void sizesAreReadAndWrittenAsPeopleDo() {
        assertEquals(5_000_000, Sizes.parse("5M").orElseThrow());
        assertEquals(1_500_000_000, Sizes.parse("1.5 GB").orElseThrow());
        assertEquals(800, Sizes.parse("800").orElseThrow());
        assertTrue(Sizes.parse("fast").isEmpty());
        assertEquals("4.80 GB", Sizes.of(4_800_000_000L));
        assertEquals("1.5 MB", Sizes.of(1_500_000));
        assertEquals("3 min 5 s", Sizes.duration(185));
    }

    /** A store with one model. */
    private static final class Shelf implements ModelStore {

        final List<String> done = new ArrayList<>();
        Optional<Kept> kept = Optional.empty();
        List<String> problems = List.of();

        static Kept kept(boolean shown) {
            return new Kept("model-q4_0", REFERENCE + ":Q4_0", "abc", Path.of("/nowhere/m.gguf"), 4_800_000_000L, false,
                    new Licence("open", "You may use it."), shown, Map.of("context", 128_000L));
        }

        @Override
        public boolean isRemote(String reference) {
            return reference.startsWith("hf:");
        }

        @Override
        public Optional<Kept> find(String reference) {
            return kept.filter(model -> model.name().equals(reference));
        }

        @Override
        public List<Kept> list() {
            return kept.stream().toList();
        }

        @Override
        public List<Kept> others() {
            return List.of();
        }

        @Override
        public Plan plan(Wish wish) {
            return new Plan(wish, "model-q4_0", REFERENCE + ":Q4_0", "abc",
                    List.of(new Item("m.gguf", 4_800_000_000L, "", URI.create("http://localhost/m"), Optional.empty())),
                    "m.gguf", "Q4_0 is taken because it fits.", new Licence("open", "You may use it."),
                    Optional.empty());
        }

        @Override
        public Kept pull(Plan plan, Consent consent, Transfer transfer) {
            done.add("pull");
            transfer.update("m.gguf", 2_400_000_000L, 4_800_000_000L);
            return kept(false);
        }

        @Override
        public Kept link(Path path, @Nullable String name, Progress progress) {
            return kept(true);
        }

        @Override
        public List<String> verify(String name, Progress progress) {
            return problems;
        }

        @Override
        public long remove(String name) {
            throw new MillraceException("not here.");
        }

        @Override
        public void export(String name, Path folder, @Nullable Path key, Progress progress) {
            done.add("export");
        }

        @Override
        public List<Unfinished> unfinished() {
            return List.of(new Unfinished(REFERENCE, "m.gguf", 1_000_000_000L, 4_800_000_000L));
        }

        @Override
        public long forgetUnfinished() {
            done.add("forget");
            return 1_000_000_000L;
        }

        @Override
        public void licenceShown(String name) {
            done.add("licenceShown");
        }
    }
}
