/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolRequest;
import dev.millrace.plugin.policy.rules.Policy;
import dev.millrace.plugin.policy.rules.RuleException;
import dev.millrace.plugin.policy.rules.RuleReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What rules decide. */
class RuleGuardTest {

    private static final String RULES = """
            # the first that fits
            deny  delete_*,format_disk           because Nothing is deleted by a model.
            allow hint:read-only
            ask   hint:destructive within=2m     because It cannot be undone.
            ask   open_gate user:guest*
            deny  hint:none user:guest*
            limit camera_* calls=2/1m
            limit * time=30s characters=6000
            limit slow_* time=10s
            """;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private int calls;

    private ToolRequest request(String name, String user, ToolHint... hints) {
        return new ToolRequest("c", user, new ToolDefinition(name, "", Map.of()).withHints(hints),
                new ToolCall("call_" + ++calls, name, Map.of()));
    }

    private Policy policy(String rules) throws RuleException {
        return new Policy(RuleReader.read(rules), now::get);
    }

    @Test
    void theFirstRuleThatFitsDecides() throws RuleException {
        Policy policy = policy(RULES);
        assertEquals(ToolDecision.refuse("Nothing is deleted by a model."),
                policy.decide(request("delete_file", "", ToolHint.READ_ONLY)));
        assertEquals(ToolDecision.ALLOW, policy.decide(request("undelete_file", "", ToolHint.READ_ONLY)));
        assertEquals(ToolDecision.ask("It cannot be undone.", Duration.ofMinutes(2)),
                policy.decide(request("send_mail", "", ToolHint.DESTRUCTIVE)));
        assertEquals(ToolDecision.ask("", Duration.ofMinutes(5)), policy.decide(request("open_gate", "guest-7")));
        assertEquals(ToolDecision.ALLOW, policy.decide(request("open_gate", "anna")));
        assertInstanceOf(ToolDecision.Refuse.class, policy.decide(request("set_lamp", "guest-7")));
        assertEquals(ToolDecision.ALLOW, policy.decide(request("set_lamp", "guest-7", ToolHint.ACTING)));
    }

    @Test
    void callsAreCountedOnceEach() throws RuleException {
        Policy policy = policy(RULES);
        ToolRequest first = request("camera_front", "");
        assertEquals(ToolDecision.ALLOW, policy.decide(first));
        assertEquals(ToolDecision.ALLOW, policy.decide(first));
        now.set(Instant.EPOCH.plusSeconds(20));
        assertEquals(ToolDecision.ALLOW, policy.decide(request("camera_back", "")));
        assertEquals(ToolDecision.refuse(
                "camera_front may be called 2 times in 1 minute; it may be called again in 40 seconds."),
                policy.decide(request("camera_front", "")));
        now.set(Instant.EPOCH.plusSeconds(60));
        assertEquals(ToolDecision.ALLOW, policy.decide(request("camera_front", "")));
    }

    @Test
    void theNarrowestLimitHolds() throws RuleException {
        Policy policy = policy(RULES);
        assertEquals(new ToolDecision.Allow(Optional.of(Duration.ofSeconds(30)), OptionalInt.of(6000)),
                policy.limits(request("read", "")));
        assertEquals(new ToolDecision.Allow(Optional.of(Duration.ofSeconds(10)), OptionalInt.of(6000)),
                policy.limits(request("slow_scan", "")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            forbid *                 | it begins with "forbid": write allow, ask, deny or limit
            allow                    | it says of no tool what is meant: write * for all
            allow hint:harmless      | there is no hint "harmless"
            ask * within=soon        | "soon" is no time: write 30s, 2m, 1h or the like
            ask * within=0s          | "0s" is no time
            limit *                  | limit needs calls=, time= or characters=
            allow * time=3s          | calls=, time= and characters= belong to limit
            limit * calls=3          | "3" is no rate
            limit * characters=0     | "0" is no number of 1 or more
            deny * colour=red        | there is no setting "colour"
            """)
    void aMistakeIsNamed(String rule, String words) {
        RuleException problem = assertThrows(RuleException.class, () -> RuleReader.read("\n" + rule));
        assertTrue(String.valueOf(problem.getMessage()).startsWith("Line 2 of the rules: " + words),
                problem::getMessage);
    }

    @Test
    void aFileIsReadAgainWhenItChanges(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("policy");
        Files.writeString(file, "deny *");
        RuleGuard guard = new RuleGuard(Map.of("file", file.toString(), "rules", "allow look;ask find"));
        assertEquals(ToolDecision.ALLOW, guard.decide(request("look", "")));
        assertInstanceOf(ToolDecision.Ask.class, guard.decide(request("find", "")));
        assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("act", "")));

        Files.writeString(file, "allow *");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
        assertEquals(ToolDecision.ALLOW, guard.decide(request("act", "")));

        Files.writeString(file, "perhaps *");
        Files.setLastModifiedTime(file, FileTime.fromMillis(2_000));
        String refusal = assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("look", ""))).reason();
        assertTrue(refusal.startsWith("No tool can be called, since the rules of this machine cannot be read: Line 1"),
                refusal);

        Files.delete(file);
        String missing = assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("look", ""))).reason();
        assertTrue(missing.endsWith("there is no file " + file + "."), missing);
    }

    @Test
    void withoutRulesAllIsAllowed() {
        assertEquals(ToolDecision.ALLOW, new RuleGuard(Map.of()).decide(request("act", "")));
        assertEquals(ToolDecision.ALLOW, new LimitGuard(Map.of()).decide(request("act", "")));
    }

    @Test
    void anotherConfigurationCountsAtOnce() {
        RuleGuard guard = new RuleGuard(Map.of("rules", new String[]{"allow look,find", "deny *"}));
        LimitGuard limits = new LimitGuard(Map.of());
        assertEquals(ToolDecision.ALLOW, guard.decide(request("find", "")));
        assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("act", "")));
        guard.configure(Map.of("rules", List.of("ask act because Mind the dog.", "deny look,find")));
        assertEquals("Mind the dog.",
                assertInstanceOf(ToolDecision.Ask.class, guard.decide(request("act", ""))).question());
        assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("find", "")));
        limits.configure(Map.of("rules", "limit * characters=7"));
        assertEquals(OptionalInt.of(7),
                assertInstanceOf(ToolDecision.Allow.class, limits.decide(request("act", ""))).characters());
        guard.configure(Map.of());
        assertEquals(ToolDecision.ALLOW, guard.decide(request("act", "")));
    }

    @Test
    void aFileThatCannotBeMeantLetsNothingThrough() {
        RuleGuard guard = new RuleGuard(Map.of("file", "a\0b"));
        assertTrue(assertInstanceOf(ToolDecision.Refuse.class, guard.decide(request("act", ""))).reason()
                .contains("Nul character not allowed"));
    }
}
