/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.api.setting.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineSettingsTest {

    private final EngineSettings group = new EngineSettings();
    private final List<String> complaints = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void forget() {
        List.of("millrace.answers", "millrace.answers.nano", "millrace.anwsers", "millrace.idle")
                .forEach(System::clearProperty);
    }

    private Settings configured(Map<String, ?> values) {
        return Settings.ofSystem(group).configured(values, complaints::add);
    }

    @Test
    void aModelsOwnGoesFirstThenTheConfigurationThenTheSystemPropertyThenTheStandard() {
        assertEquals(256, configured(Map.of()).get(EngineSettings.ANSWERS, "nano"));
        System.setProperty("millrace.answers", " 7 ");
        assertEquals(7, configured(Map.of()).get(EngineSettings.ANSWERS, "nano"));
        assertEquals(9, configured(Map.of("answers", 9)).get(EngineSettings.ANSWERS, "nano"));
        System.setProperty("millrace.answers.nano", "3");
        assertEquals(3, configured(Map.of("answers", 9)).get(EngineSettings.ANSWERS, "nano"));
        assertEquals(9, configured(Map.of("answers", 9)).get(EngineSettings.ANSWERS, "other"));
        assertEquals(4, configured(Map.of("answers.nano", "4")).get(EngineSettings.ANSWERS, "nano"));
        assertEquals(List.of(), complaints);
    }

    @Test
    void aWrongSystemPropertyIsRefusedWithNameValueAndRange() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "Yes."))) {
            for (String wrong : List.of("many", "0", "100001", "1e3", "0x10", "99999999999999999999")) {
                System.setProperty("millrace.answers", wrong);
                assertEquals("The setting millrace.answers is \"" + wrong
                        + "\"; it must be a whole number from 1 to 100000.",
                        assertThrows(IllegalArgumentException.class, stage::open).getMessage());
            }
            System.setProperty("millrace.answers", "1");
            System.setProperty("millrace.idle", "soon");
            assertEquals(
                    "The setting millrace.idle is \"soon\"; it must be a whole number from 0 to 31536000 (seconds).",
                    assertThrows(IllegalArgumentException.class, stage::open).getMessage());
            System.clearProperty("millrace.idle");
            stage.open().close();
        }
    }

    @Test
    void aWrongValueOfAConfigurationIsToldAndWhatCountedBeforeGoesOn() {
        Settings first = configured(Map.of("answers", "5", "service.pid", "x", "felix.fileinstall.filename", "y",
                "component.id", 4L, "tools", new String[]{"threshold=20", "most=10"}));
        assertEquals(List.of(), complaints);
        assertEquals(20, first.find(EngineSettings.TOOLS, "").value().orElseThrow().threshold());
        Settings second = first.configured(Map.of("answers", "lots", "idle", "-1", "colour", "red", "strict", ""),
                complaints::add);
        assertEquals(5, second.get(EngineSettings.ANSWERS));
        assertEquals(0, second.get(EngineSettings.IDLE));
        complaints.sort(null);
        assertEquals(3, complaints.size(), complaints::toString);
        assertTrue(complaints.get(0).startsWith(
                "The configuration dev.millrace.engine has the name colour, which is no setting; there are backends, "),
                complaints.get(0));
        assertEquals(
                "The setting answers of the configuration dev.millrace.engine is \"lots\"; it must be a whole number"
                        + " from 1 to 100000. It stays 5.",
                complaints.get(1));
        assertEquals("The setting idle of the configuration dev.millrace.engine is \"-1\"; it must be a whole number"
                + " from 0 to 31536000 (seconds). It is left out.", complaints.get(2));
    }

    @Test
    void aSlipInTheNameOfASystemPropertyIsToldOnce() {
        System.setProperty("millrace.anwsers", "3");
        System.setProperty("millrace.answers.nano", "3");
        UnknownSettings unknown = new UnknownSettings();
        List<SettingGroup> groups = List.of(group);
        unknown.tell(groups, complaints::add);
        complaints.removeIf(complaint -> !complaint.contains("answers") && !complaint.contains("anwsers"));
        assertEquals(List.of("The system property millrace.anwsers is no setting; did you mean millrace.answers?"),
                complaints);
        unknown.tell(groups, again -> {
            throw new AssertionError(again);
        });
    }

    @Test
    void aConfigurationThatChangesCountsForModelsThatAreOpenedAfterIt() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        backend.onForward = steps -> await(release);
        try (Stage stage = new Stage(folder, backend)) {
            stage.engine.configure(Map.of("answers", 1));
            Model model = stage.open();
            stage.engine.configure(Map.of("answers", 2));
            Generation first = model.conversation().start().send("One");
            Conversation refused = model.conversation().start();
            assertTrue(assertThrows(BusyException.class, () -> refused.send("Two")).getMessage().contains("1 answer"));
            try (Model second = stage.open()) {
                Generation one = second.conversation().start().send("One");
                Generation two = second.conversation().start().send("Two");
                release.countDown();
                one.answer();
                two.answer();
            }
            first.answer();
        }
    }

    @Test
    void theClassPathTellsTheGroup() {
        assertTrue(ServiceLoader.load(SettingGroup.class).stream()
                .anyMatch(one -> one.type().equals(EngineSettings.class)));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
