/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Model;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed at any moment of a save: the last complete save opens, and the next save clears what was left. Three times in the
 * build, {@code -Dmillrace.kills=100} for more.
 */
@Timeout(600)
class KilledSavesTest {

    private static final int KILLS = Integer.getInteger("millrace.kills", 3);

    @TempDir
    Path folder;

    @Test
    void theLastCompleteSaveOpens() throws Exception {
        Path file = folder.resolve("talk.millrace");
        Random random = new Random(1);
        int next = 0;
        int inTheMiddle = 0;
        try (Stage stage = new Stage(Files.createDirectory(folder.resolve("own")),
                new ScriptedBackend("a", true, "Yes."));
                Model model = stage.open()) {
            for (int i = 0; i < KILLS; i++) {
                int saved = saveUntilKilled(file, next, random);
                inTheMiddle += parts() > 0 ? 1 : 0;
                try (Conversation conversation = model.conversation().restore(file).start()) {
                    String text = conversation.messages().getFirst().content();
                    int number = Integer.parseInt(text.substring(0, text.indexOf(' ')));
                    assertTrue(number == saved || number == saved + 1, number + " after " + saved);
                    assertEquals(Saving.text(number), text);
                    next = number + 1;
                    conversation.save(file);
                }
                assertEquals(0, parts(), "the next save clears what was left");
            }
        }
        System.out.println(inTheMiddle + " of " + KILLS + " were killed in the middle of a save.");
    }

    /** Kills another process soon after one of its saves, and gives the number of the last one that it told. */
    private int saveUntilKilled(Path file, int from, Random random) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Saving.class.getName(),
                file.toString(), folder.toString(), Integer.toString(from)).redirectError(
                        ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader told = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = told.readLine();
            assertNotNull(line, "it has not saved anything");
            for (int more = random.nextInt(5); more > 0; more--) {
                line = told.readLine();
            }
            LockSupport.parkNanos(random.nextInt(20_000_000));
            // the process itself would close the stream
            process.toHandle().destroyForcibly();
            process.waitFor();
            String last = line;
            for (String rest = told.readLine(); rest != null; rest = told.readLine()) {
                last = rest;
            }
            return Integer.parseInt(last);
        } finally {
            process.destroyForcibly();
        }
    }

    private long parts() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> path.toString().endsWith(".part")).count();
        }
    }
}
