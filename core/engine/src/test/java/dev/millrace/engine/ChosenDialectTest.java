/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The user may say how answers are read. */
class ChosenDialectTest {

    private static final String ANSWER = "<think>Hm.</think>Yes.";
    /** Tokens for control are no text in any dialect. */
    private static final String PLAIN = "Hm.Yes.";

    @TempDir
    Path folder;

    @AfterEach
    void forget() {
        System.clearProperty("millrace.dialect");
    }

    private String text(ModelOptions options) throws Exception {
        try (Stage stage = new Stage(java.nio.file.Files.createTempDirectory(folder, "stage"),
                new ScriptedBackend("a", true, ANSWER));
                Model model = stage.open(options);
                Conversation conversation = model.conversation().start()) {
            return conversation.send("Is it?").answer().text();
        }
    }

    @Test
    void theOptionGoesBeforeTheSettingAndThatBeforeTheMatch() throws Exception {
        assertEquals("Yes.", text(ModelOptions.defaults()));
        assertEquals(PLAIN, text(ModelOptions.defaults().withDialect("plain")));
        System.setProperty("millrace.dialect", "plain");
        assertEquals(PLAIN, text(ModelOptions.defaults()));
        assertEquals("Yes.", text(ModelOptions.defaults().withDialect("think")));
    }

    @Test
    void oneThatIsNotThereIsRefusedWithThoseThatAre() {
        MillraceException e = assertThrows(MillraceException.class,
                () -> text(ModelOptions.defaults().withDialect("klingon")));
        assertTrue(e.getMessage().startsWith("There is no dialect \"klingon\"; there are: "), e::getMessage);
        assertTrue(e.getMessage().contains("hermes"), e::getMessage);
    }
}
