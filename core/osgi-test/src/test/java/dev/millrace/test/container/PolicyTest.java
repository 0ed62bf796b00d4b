/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import dev.millrace.api.Tools;
import dev.millrace.json.Json;
import dev.millrace.test.House;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;

/** Rules of a configuration and of a file: calls of a model are allowed, asked about and denied, and all of them are recorded. */
@ExtendWith(ServiceExtension.class)
class PolicyTest {

    private final Millrace millrace;
    private final ToolGuard guard;
    private final ConfigurationAdmin admin;
    private final Path rules;
    private final Path audit;
    private final House house = new House();

    PolicyTest(@InjectService(timeout = 10_000) Millrace millrace,
            @InjectService(filter = "(component.name=dev.millrace.plugin.policy.RuleGuard)", timeout = 10_000) ToolGuard guard,
            @InjectService(timeout = 10_000) ConfigurationAdmin admin, @TempDir Path folder) {
        this.millrace = millrace;
        this.guard = guard;
        this.admin = admin;
        this.rules = folder.resolve("policy");
        this.audit = folder.resolve("audit.jsonl");
    }

    private Configuration configuration() throws IOException {
        return admin.getConfiguration("dev.millrace.policy", "?");
    }

    @BeforeEach
    void configure() throws Exception {
        Files.writeString(rules, "deny * because Nothing runs today.");
        set("allow read_*");
        // the framework tells its components on a thread of its own
        until(ToolDecision.refuse("Nothing runs today."));
    }

    @AfterEach
    void forget() throws Exception {
        configuration().delete();
        until(ToolDecision.ALLOW);
    }

    @SuppressWarnings("JdkObsolete") // frameworks want a dictionary
    private void set(String own) throws Exception {
        Dictionary<String, Object> values = new Hashtable<>();
        values.put("rules", new String[]{own});
        values.put("file", rules.toString());
        values.put("audit", audit.toString());
        configuration().update(values);
    }

    /** Waits until the guard that is there all the time decides so about the lamp. */
    private void until(ToolDecision wanted) throws InterruptedException {
        ToolRequest request = new ToolRequest(new ToolDefinition("set_device", "", Map.of()),
                new ToolCall("0", "set_device", Map.of()));
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        ToolDecision decision = guard.decide(request);
        while (!decision.equals(wanted)) {
            assertTrue(System.nanoTime() < end, "it stays " + decision);
            TimeUnit.MILLISECONDS.sleep(10);
            decision = guard.decide(request);
        }
    }

    private ToolResult lamp(ToolApprover approver) {
        List<ToolResult> results = new ArrayList<>();
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS);
                Conversation conversation = model.conversation().tools(Tools.of(house)).sampling(Sampling.greedy())
                        .user("anna").approver(approver).start();
                Generation generation = conversation.send(House.QUESTIONS.getFirst())) {
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(answered.result());
                }
            }
        }
        return results.getFirst();
    }

    private Map<?, ?> recorded() throws Exception {
        return assertInstanceOf(Map.class, Json.parse(Files.readAllLines(audit).getLast()));
    }

    @Test
    void callsAreDeniedAskedAboutAndAllowed() throws Exception {
        ToolApprover nobody = (request, question, patience) -> {
            throw new AssertionError("Somebody was asked about " + request);
        };
        assertEquals(ToolResult.error("Nothing runs today."), lamp(nobody));
        assertEquals(List.of(), house.switched);
        assertEquals(List.of("anna", "set_device", "refused", "Nothing runs today."), List.of(recorded().get("user"),
                recorded().get("tool"), recorded().get("decision"), recorded().get("reason")));

        set("ask set_device within=1m because Mind the dog.");
        until(ToolDecision.ask("Mind the dog.", Duration.ofMinutes(1)));
        assertEquals(ToolResult.error("Not now."), lamp((request, question, patience) -> {
            assertEquals("Mind the dog.", question);
            return ToolApproval.refused("berta", "Not now.");
        }));
        assertEquals(List.of(), house.switched);
        assertEquals("denied", recorded().get("decision"));
        lamp((request, question, patience) -> ToolApproval.allowed("berta"));
        assertEquals(List.of("kitchen_lamp on"), house.switched);
        assertEquals("approved", recorded().get("decision"));
        assertEquals("berta", assertInstanceOf(Map.class, recorded().get("person")).get("who"));

        // the file alone says what may run, and is read again
        set("");
        until(ToolDecision.refuse("Nothing runs today."));
        Files.writeString(rules, "allow set_device");
        Files.setLastModifiedTime(rules, FileTime.fromMillis(1_000));
        until(ToolDecision.ALLOW);
        lamp(nobody);
        assertEquals(2, house.switched.size());
        assertEquals("allowed", recorded().get("decision"));
        // what acts is on the disk before it runs
        assertTrue(Files.readAllLines(audit).stream().anyMatch(line -> line.contains("\"event\":\"start\"")));
    }
}
