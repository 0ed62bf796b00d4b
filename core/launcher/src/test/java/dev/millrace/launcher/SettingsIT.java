/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.launcher.Program.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings from the outside: files of configurations and flags for Java. */
class SettingsIT {

    @TempDir
    Path folder;

    private Program program;
    private Path configurations;

    @BeforeEach
    void start() throws Exception {
        program = new Program(folder);
        configurations = Files.createDirectories(folder.resolve("config"));
        program.with("MILLRACE_HOME", folder.toString());
    }

    @Test
    void filesOfConfigurationsSetTheEngineAndItsBackends() throws Exception {
        Files.writeString(configurations.resolve("dev.millrace.engine.cfg"), "backends.nano = cpu:scalar\n");
        Files.writeString(configurations.resolve("dev.millrace.backend.cpu.config"), "assembled=\"off\"\n");
        Result result = program.run("inspect", "model", "--model", "nano");
        assertEquals(0, result.code(), result::err);
        assertTrue(
                result.out().contains("The setting backends.nano of the configuration dev.millrace.engine prefers it"),
                result::out);
        assertFalse(result.out().contains("cpu:assembled"), result::out);
        assertEquals("", result.notes());
    }

    @Test
    void whatIsWrongInAFileIsToldAndTheProgramGoesOn() throws Exception {
        Files.writeString(configurations.resolve("dev.millrace.engine.cfg"), "answers = many\ncolour = red\n");
        Result result = program.run("run", "--greedy", "Bye");
        assertEquals("Goodbye!\n", result.out(), result::err);
        assertTrue(result.notes()
                .contains("The setting answers of the configuration dev.millrace.engine is \"many\"; it must"
                        + " be a whole number from 1 to 100000. It is left out."),
                result::err);
        assertTrue(result.notes().contains("has the name colour, which is no setting"), result::err);
    }

    @Test
    void aWrongFlagIsRefusedAndASlipOfThePenIsTold() throws Exception {
        Result slip = program.withFlag("-Dmillrace.anwsers=3").run("run", "--greedy", "Bye");
        assertEquals("Goodbye!\n", slip.out(), slip::err);
        assertEquals("millrace: The system property millrace.anwsers is no setting; did you mean millrace.answers?\n",
                slip.notes());
        Result wrong = program.withFlag("-Dmillrace.idle=soon").run("run", "--greedy", "Bye");
        assertEquals(1, wrong.code());
        assertTrue(wrong.notes().contains(
                "The setting millrace.idle is \"soon\"; it must be a whole number from 0 to 31536000 (seconds)."),
                wrong::err);
    }

    @Test
    void aFolderThatIsNotThereIsToldIfItWasNamed() throws Exception {
        Result result = program.with("MILLRACE_HOME", folder.resolve("gone").toString()).run("run", "Bye");
        assertEquals(1, result.code());
        assertEquals(
                "millrace: MILLRACE_HOME names " + folder.resolve("gone") + ", which is no folder: make it, with the"
                        + " folders plugins and config in it.\n",
                result.notes());
    }
}
