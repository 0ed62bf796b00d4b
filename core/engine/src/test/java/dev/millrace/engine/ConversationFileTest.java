/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.ToolResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConversationFileTest {

    private static final String[] SCRIPT = {
            "<think>Hm.</think><|tool_call_start|>[look(name=\"ä\", n=None)]<|tool_call_end|>",
            "First.", "Second."};

    @TempDir
    Path folder;

    private Path saved(Stage stage) {
        Path file = folder.resolve("talk.millrace");
        try (Model model = stage.open();
                Conversation conversation = model.conversation().system("Be brief — 简短")
                        .tools(Stage.tool("look", call -> ToolResult.of("nothing"))).start()) {
            assertEquals("First.", conversation.send("Look").answer().text());
            conversation.save(file);
        }
        return file;
    }

    @Test
    void goesOnAfterARestart() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, SCRIPT);
        try (Stage stage = new Stage(folder, backend)) {
            Path file = saved(stage);
            try (Stream<Path> files = Files.list(folder)) {
                assertTrue(files.noneMatch(path -> path.toString().endsWith(".part")));
            }
            try (Model model = stage.open();
                    Conversation conversation = model.conversation()
                            .tools(Stage.tool("look", call -> ToolResult.of("nothing"))).restore(file).start()) {
                assertEquals(5, conversation.messages().size());
                Answer answer = conversation.send("More").answer();
                assertEquals("Second.", answer.text());
                assertTrue(answer.usage().cachedTokens() > 0, "nothing that was read is read again");
            }
        }
    }

    @Test
    void aSoundFileIsNotCalledDamagedWhereOnlyTheContextIsSmaller() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, SCRIPT))) {
            Path file = saved(stage);
            try (Model model = stage.open(ModelOptions.defaults().withContext(64))) {
                MillraceException e = assertThrows(MillraceException.class,
                        () -> model.conversation().restore(file).start());
                assertFalse(e.getMessage().contains("damaged"), e.getMessage());
                assertTrue(e.getMessage().contains("the context holds 64"), e.getMessage());
            }
        }
    }

    @Test
    void exactPrecisionDoesNotGoOnFromWhatWasRounded() {
        ScriptedBackend backend = new ScriptedBackend("a", true, SCRIPT);
        try (Stage stage = new Stage(folder, backend)) {
            Path file = saved(stage);
            try (Model model = stage.open(ModelOptions.defaults().withPrecision(Precision.EXACT));
                    Conversation conversation = model.conversation()
                            .tools(Stage.tool("look", call -> ToolResult.of("nothing"))).restore(file).start()) {
                Answer answer = conversation.send("More").answer();
                assertEquals("Second.", answer.text());
                assertEquals(0, answer.usage().cachedTokens(), "all is read again");
            }
        }
    }

    @Test
    void refusesWhatIsDamaged() throws IOException {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, SCRIPT))) {
            byte[] good = Files.readAllBytes(saved(stage));
            Path bad = folder.resolve("bad.millrace");
            Random random = new Random(3);
            try (Model model = stage.open()) {
                for (int i = 0; i < 300; i++) {
                    byte[] changed = random.nextBoolean()
                            ? Arrays.copyOf(good, random.nextInt(good.length))
                            : good.clone();
                    if (changed.length == good.length) {
                        changed[random.nextInt(good.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                    Files.write(bad, changed);
                    MillraceException e = assertThrows(MillraceException.class,
                            () -> model.conversation().restore(bad));
                    assertTrue(e.getMessage().contains("bad.millrace"), e.getMessage());
                }
                assertThrows(MillraceException.class, () -> model.conversation().restore(folder.resolve("absent")));
            }
        }
    }

    /** A checksum that is right proves nothing: another version, or another program, may have written the file. */
    @Test
    void soundFilesWithWhatNobodyCanHaveSavedAreRefusedOrReadAgain() throws IOException {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, SCRIPT))) {
            byte[] good = Files.readAllBytes(saved(stage));
            Path odd = folder.resolve("odd.millrace");
            Random random = new Random(4);
            int refused = 0;
            try (Model model = stage.open()) {
                for (int i = 0; i < 300; i++) {
                    Files.write(odd, Damage.sealed(good, random));
                    try (Conversation conversation = model.conversation()
                            .tools(Stage.tool("look", call -> ToolResult.of("nothing"))).restore(odd).start()) {
                        assertFalse(conversation.send("More").answer().text().isEmpty());
                    } catch (MillraceException e) {
                        refused++;
                        assertTrue(e.getMessage().contains("odd.millrace") || e.getMessage().contains("context"),
                                e.getMessage());
                    }
                }
            }
            assertTrue(refused > 100, "only " + refused + " were refused");
        }
    }

    /** A pipe would keep its reader waiting, and a device has no end. */
    @Test
    @Timeout(60)
    void whatIsNoFileIsRefusedAtOnce() throws Exception {
        Path pipe = folder.resolve("pipe");
        List<Path> wrong = new ArrayList<>(List.of(Files.createDirectory(folder.resolve("inside"))));
        if (Files.exists(Path.of("/dev/zero"))) {
            wrong.add(Path.of("/dev/zero"));
            wrong.add(Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/zero")));
            assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor());
            wrong.add(pipe);
        }
        Path loop = folder.resolve("loop");
        wrong.add(Files.createSymbolicLink(loop, loop.getFileName()));
        wrong.add(Files.createSymbolicLink(folder.resolve("nowhere"), folder.resolve("absent")));
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, SCRIPT)); Model model = stage.open()) {
            for (Path each : wrong) {
                MillraceException e = assertThrows(MillraceException.class,
                        () -> model.conversation().restore(each));
                assertTrue(e.getMessage().contains(each.toString()) && e.getMessage().endsWith(".")
                        && e.getMessage().lines().count() == 1, e.getMessage());
            }
        }
    }

    @Test
    void clearsWhatWasLeftByOneThatWasKilled() throws IOException {
        Path left = Files.createFile(folder.resolve("talk.millrace.0123abcd-0123abcd.part"));
        Path other = Files.createFile(folder.resolve("other.millrace.0123abcd-0123abcd.part"));
        Path download = Files.createFile(folder.resolve("talk.millrace.part"));
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, SCRIPT))) {
            saved(stage);
        }
        assertTrue(Files.notExists(left));
        assertTrue(Files.exists(other), "not its own");
        assertTrue(Files.exists(download), "not ours");
    }
}
