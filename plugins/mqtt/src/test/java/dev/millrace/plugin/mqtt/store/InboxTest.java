/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.settings.Prompt;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InboxTest {

    @TempDir
    Path folder;

    private long now = 1_000_000;
    private int packet;

    private static Prompt prompt(String more) {
        return SettingsFile.read(Path.of("/x.json"),
                "{\"broker\": {\"url\": \"mqtt://x\"}, \"prompts\": [{\"topic\": \"a/{b}\"" + more + "}]}").prompts()
                .getFirst();
    }

    private Inbox inbox(Prompt prompt, int most) throws IOException {
        return new Inbox(folder.resolve("inbox.log"), List.of(prompt), question -> false, most, 1 << 20,
                () -> Instant.ofEpochMilli(now));
    }

    private Incoming message(String topic, String text) {
        return new Incoming(++packet, topic, text.getBytes(StandardCharsets.UTF_8), false, false, Optional.empty(),
                Optional.empty(), List.of());
    }

    private static Incoming again(Incoming message, boolean repeated) {
        return new Incoming(message.id(), message.topic(), message.payload(), false, repeated,
                message.responseTopic(), message.correlation(), List.of());
    }

    private static String texts(Inbox inbox) {
        List<String> texts = new ArrayList<>();
        for (Optional<Question> next = inbox.poll(); next.isPresent(); next = inbox.poll()) {
            texts.add(new String(next.get().payload(), StandardCharsets.UTF_8));
        }
        return String.join(" ", texts);
    }

    @Test
    void aTopicThatIsNotSilentIsAskedOnceForItsNewestMessage() throws Exception {
        Prompt prompt = prompt(", \"debounceSeconds\": 5");
        try (Inbox inbox = inbox(prompt, 100)) {
            inbox.put(prompt, message("a/x", "1"));
            now += 4_000;
            inbox.put(prompt, message("a/x", "2"));
            inbox.put(prompt, message("a/y", "3"));
            now += 4_999;
            assertEquals("", texts(inbox));
            now += 1;
            assertEquals("2 3", texts(inbox));
            // one that never falls silent is asked after ten times as long
            int number = 0;
            String asked = "";
            while (asked.isEmpty()) {
                inbox.put(prompt, message("a/x", "n" + number++));
                now += 1_000;
                asked = texts(inbox);
            }
            assertEquals("n49", asked);
        }
    }

    @Test
    void soManyInAMinute() throws Exception {
        Prompt prompt = prompt(", \"perMinute\": 2");
        try (Inbox inbox = inbox(prompt, 100)) {
            for (String topic : List.of("a/1", "a/2", "a/3", "a/3", "a/4")) {
                inbox.put(prompt, message(topic, topic + packet));
            }
            assertEquals("a/10 a/21", texts(inbox));
            now += 59_999;
            assertEquals("", texts(inbox));
            now += 1;
            assertEquals("a/33 a/44", texts(inbox));
        }
    }

    @Test
    void whatTheBrokerRepeatsIsTakenOnceAndWhatIsSaidTwiceIsAskedTwice() throws Exception {
        Prompt prompt = prompt("");
        try (Inbox inbox = inbox(prompt, 100)) {
            Incoming on = message("a/x", "on");
            assertEquals(Inbox.Put.TAKEN, inbox.put(prompt, on));
            assertEquals(Inbox.Put.KNOWN, inbox.put(prompt, again(on, true)));
            assertEquals(Inbox.Put.TAKEN, inbox.put(prompt, message("a/x", "on")));
            Incoming request = new Incoming(9, "a/x", new byte[]{'q'}, false, false, Optional.of("r"),
                    Optional.of(new byte[]{1}), List.of());
            assertEquals(Inbox.Put.TAKEN, inbox.put(prompt, request));
            assertEquals(Inbox.Put.KNOWN, inbox.put(prompt, again(request, false)));
            assertEquals("on on q", texts(inbox));
        }
    }

    @Test
    void whatWaitsIsThereAfterTheProcessWasKilled() throws Exception {
        Prompt prompt = prompt("");
        Inbox killed = inbox(prompt, 3);
        for (int i = 0; i < 3; i++) {
            assertEquals(Inbox.Put.TAKEN, killed.put(prompt, message("a/x", "q" + i)));
        }
        assertEquals(Inbox.Put.FULL, killed.put(prompt, message("a/x", "q3")));
        killed.done(killed.poll().orElseThrow());
        Question asked = killed.poll().orElseThrow();
        assertEquals(Inbox.Put.TAKEN, killed.put(prompt, message("a/x", "q4")));
        // the last record was cut off
        Path file = folder.resolve("inbox.log");
        long size = Files.size(file);
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(size - 1);
        }
        killed.close();
        try (Inbox inbox = inbox(prompt, 3)) {
            assertEquals("q1 q2", texts(inbox));
            assertEquals(2, inbox.size());
            assertTrue(inbox.asked().contains(asked.number()));
        }
    }

    @Test
    void damageInTheMiddleKeepsWhatIsBeforeItAndACopy() throws Exception {
        Prompt prompt = prompt("");
        try (Inbox inbox = inbox(prompt, 100)) {
            for (int i = 0; i < 9; i++) {
                inbox.put(prompt, message("a/x", "q" + i));
            }
        }
        Path file = folder.resolve("inbox.log");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 0x55;
        Files.write(file, bytes);
        try (Inbox inbox = inbox(prompt, 100)) {
            assertTrue("q0 q1 q2 q3 q4 q5 q6 q7".startsWith(texts(inbox)));
            assertEquals(Inbox.Put.TAKEN, inbox.put(prompt, message("a/x", "new")));
        }
        assertEquals(bytes.length, Files.size(folder.resolve("inbox.log.damaged")));
    }

    @Test
    void theFileDoesNotGrowForEver() throws Exception {
        Prompt prompt = prompt("");
        try (Inbox inbox = inbox(prompt, 100)) {
            inbox.put(prompt, message("a/x", "first"));
            Question first = inbox.poll().orElseThrow();
            String text = "x".repeat(10_000);
            for (int i = 0; i < 1_000; i++) {
                inbox.put(prompt, message("a/x", text + i));
                inbox.done(inbox.poll().orElseThrow());
            }
            assertTrue(Files.size(folder.resolve("inbox.log")) < 2_000_000);
            assertEquals(1, inbox.size());
            assertEquals("first", new String(first.payload(), StandardCharsets.UTF_8));
        }
        try (Inbox inbox = inbox(prompt, 100)) {
            assertEquals("first", texts(inbox));
        }
    }
}
