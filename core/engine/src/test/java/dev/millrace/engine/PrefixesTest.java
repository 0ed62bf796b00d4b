/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrefixesTest {

    private static final String SYSTEM = "You run inside a gateway. ".repeat(8);

    @TempDir
    Path folder;

    private static Answer ask(Model model, String question) {
        try (Conversation conversation = model.conversation().system(SYSTEM).start()) {
            Answer answer = conversation.send(question).answer();
            assertEquals("Yes.", answer.text());
            return answer;
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("cache/prefixes"))) {
            return all.toList();
        }
    }

    @Test
    void conversationsWithTheSameBeginningReadItOnce() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            assertEquals(0, ask(model, "Is it warm?").usage().cachedTokens());
            Answer second = ask(model, "Or cold?");
            assertTrue(second.usage().cachedTokens() > SYSTEM.length(), "cached " + second.usage());
            assertEquals(second.usage().promptTokens() - second.usage().cachedTokens(),
                    second.timings().prefillTokens());
        }
        assertEquals(0, backend.openSequences.get());
    }

    @Test
    void theNextStartDoesNotReadItAgain() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            try (Model model = stage.open()) {
                ask(model, "Is it warm?");
            }
            assertEquals(1, files().size());
            try (Model model = stage.open()) {
                assertTrue(ask(model, "Or cold?").usage().cachedTokens() > SYSTEM.length());
            }
            assertEquals(1, files().size());
            try (Model model = stage.open(ModelOptions.defaults().withPrecision(Precision.EXACT))) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens(), "another precision, other states");
            }
            try (Model model = stage.open(ModelOptions.defaults().withKeyValues(KeyValueType.F32))) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens(), "other keys and values");
            }
        }
    }

    @Test
    void whatIsDamagedIsReadAgain() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            try (Model model = stage.open()) {
                ask(model, "Is it warm?");
            }
            Path file = files().getFirst();
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            try (Model model = stage.open()) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens());
            }
        }
    }

    @Test
    void aFolderThatCannotBeWrittenCostsOnlyTime() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            Files.createDirectories(folder.resolve("cache"));
            Files.createFile(folder.resolve("cache/prefixes"));
            try (Model model = stage.open()) {
                ask(model, "Is it warm?");
            }
        }
    }

    @Test
    void aBackendWithoutStatesSharesWithinTheModel() {
        ScriptedBackend backend = new ScriptedBackend("a", false, "Yes.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            ask(model, "Is it warm?");
            assertTrue(ask(model, "Or cold?").usage().cachedTokens() > SYSTEM.length());
        }
    }
}
