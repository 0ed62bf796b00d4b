/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.json.Json;
import dev.millrace.launcher.Program.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program from the outside: processes, their output, their exit codes and what they leave behind. */
final class ProgramIT {

    private static final String LAMP = "Turn on the kitchen lamp.";

    @TempDir
    Path folder;

    private Program program;

    @BeforeEach
    void start() throws Exception {
        program = new Program(folder);
    }

    private void nothingIsLeft() throws Exception {
        assertEquals(List.of(), program.frameworks());
        assertEquals(List.of(), program.temporaryFiles());
    }

    @Test
    void runAnswersOnStandardOutputAlone() throws Exception {
        Result result = program.run("run", "--greedy", LAMP);
        assertEquals(0, result.code(), result::err);
        assertEquals("The kitchen lamp is on now.\n", result.out());
        assertEquals("""
                The user wants the kitchen lamp on. I call set_device.
                -> set_device(name="kitchen_lamp", state="on")
                <- {"ok": true, "name": "kitchen_lamp", "state": "on"}
                The device confirmed.
                """, result.notes());
        nothingIsLeft();
    }

    @Test
    void theScriptDoesTheSameAndIsUtf8InAnyLocale() throws Exception {
        Result result = program.finish(program.script("run", "--greedy", "--json", "Allume kitchen lamp."));
        assertEquals(0, result.code(), result::err);
        Map<?, ?> object = assertInstanceOf(Map.class, Json.parse(result.out()));
        assertEquals("[thinking, text, toolCalls, finishReason, usage, timings]", object.keySet().toString());
        Result accents = program.finish(program.script("run", "--greedy", "--json", "Éteins kitchen lamp."));
        assertEquals("[{name=set_device, arguments={name=kitchen_lamp, state=off}}]",
                assertInstanceOf(Map.class, Json.parse(accents.out())).get("toolCalls").toString());
        nothingIsLeft();
    }

    @Test
    void pathsAreRelativeToWhereTheUserStands() throws Exception {
        Path stand = Files.createDirectories(folder.resolve("elsewhere"));
        Files.writeString(stand.resolve("relative.txt"), "Hello");
        Result result = program.finish(
                program.scriptIn(stand, "inspect", "tokens", "--model", "nano", "--text-file", "relative.txt"));
        assertEquals(0, result.code(), result::err);
        assertEquals("Hello", assertInstanceOf(Map.class, Json.parse(result.out())).get("decoded"));
        nothingIsLeft();
    }

    @Test
    void exitCodesTellWhatWentWrong() throws Exception {
        Result usage = program.run("run");
        assertEquals(2, usage.code());
        assertEquals(1, usage.notes().lines().count(), usage::err);
        Result missing = program.run("run", "--model", "no/such/model.gguf", LAMP);
        assertEquals(1, missing.code());
        assertEquals("", missing.out());
        assertEquals(1, missing.notes().lines().count(), missing::err);
        assertTrue(missing.notes().contains("no/such/model.gguf"), missing::err);
        assertEquals(0, program.run("--version").code());
        nothingIsLeft();
    }

    @Test
    void withoutTheVectorModuleItWorksAndTheDoctorSaysSo() throws Exception {
        Result doctor = program.runWithoutVectors("doctor");
        assertEquals(0, doctor.code(), doctor::err);
        assertTrue(doctor.out().contains("--add-modules jdk.incubator.vector"), doctor::out);
        Result greedy = program.runWithoutVectors("run", "--greedy", "Bye");
        assertEquals("Goodbye!\n", greedy.out(), greedy::err);
    }

    @Test
    void aKilledProcessLeavesNothingInTheTemporaryFolderAndIsSweptUp() throws Exception {
        Process chat = program.start(true, "chat", "--temperature", "0");
        assertEquals("Goodbye!", Program.say(chat, "Bye"));
        assertEquals(1, program.frameworks().size());
        chat.destroyForcibly();
        assertTrue(chat.waitFor(20, TimeUnit.SECONDS));
        assertEquals(1, program.frameworks().size());
        assertEquals(List.of(), program.temporaryFiles());
        assertEquals(0, program.run("--version").code());
        nothingIsLeft();
    }

    @Test
    void aProcessThatIsAskedToEndCleansUp() throws Exception {
        Process chat = program.start(true, "chat", "--temperature", "0");
        assertEquals("Goodbye!", Program.say(chat, "Bye"));
        chat.destroy();
        assertTrue(chat.waitFor(20, TimeUnit.SECONDS));
        nothingIsLeft();
    }

    @Test
    void twoProcessesAtOnceDoNotMeet() throws Exception {
        Process first = program.start(true, "chat", "--temperature", "0");
        Process second = program.start(true, "chat", "--temperature", "0");
        assertEquals("Goodbye!", Program.say(first, "Bye"));
        assertEquals("Goodbye!", Program.say(second, "Bye"));
        assertEquals(2, program.frameworks().size());
        assertEquals(0, program.run("--version").code());
        assertEquals(2, program.frameworks().size());
        assertEquals(0, program.finish(first).code());
        assertEquals(0, program.finish(second).code());
        nothingIsLeft();
    }
}
