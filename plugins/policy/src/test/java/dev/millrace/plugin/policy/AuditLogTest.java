/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record of calls. */
class AuditLogTest {

    @TempDir
    Path folder;

    private static ToolRequest request(String id, Map<String, @Nullable Object> arguments, ToolHint... hints) {
        return new ToolRequest("7f-1", "anna", new ToolDefinition("open_gate", "", Map.of()).withHints(hints),
                new ToolCall(id, "open_gate", arguments));
    }

    private static ToolReport report(ToolRequest request, ToolResult result) {
        return new ToolReport(request, request.call(), Verdict.ALLOWED, "", Optional.empty(), result, Instant.EPOCH,
                Duration.ZERO, Duration.ofMillis(5));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(json.readTree(line));
        }
        return lines;
    }

    private AuditLog log(Path file, String... more) {
        Map<String, String> settings = new java.util.HashMap<>(Map.of("audit", file.toString()));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return new AuditLog(settings);
    }

    @Test
    void aLineTellsWhoDidWhatAndWhoAllowedIt() throws IOException {
        Path file = folder.resolve("logs/audit.jsonl");
        ToolRequest asked = request("call_1", Map.of("opening", 90L), ToolHint.ACTING);
        ToolRequest ran = asked.with(new ToolCall("call_1", "open_gate", Map.of("opening", 50L)));
        try (AuditLog log = log(file)) {
            log.starting(ran);
            log.ended(new ToolReport(ran, asked.call(), Verdict.APPROVED, "Half is enough.",
                    Optional.of(new ToolApproval(true, "berta", Instant.EPOCH.plusSeconds(3), "")),
                    ToolResult.of(Map.of("ok", true)), Instant.EPOCH, Duration.ofSeconds(3), Duration.ofMillis(5)));
        }
        List<JsonNode> lines = lines(file);
        assertEquals(List.of("start", "end"), lines.stream().map(line -> line.path("event").asText()).toList());
        assertEquals("""
                {"time":"1970-01-01T00:00:00Z","event":"end","conversation":"7f-1","user":"anna","tool":"open_gate",\
                "call":"call_1","hints":["acting"],"arguments":{"opening":50},"asked":{"opening":90},\
                "decision":"approved","reason":"Half is enough.","person":{"allowed":true,"who":"berta",\
                "when":"1970-01-01T00:00:03Z"},"error":false,"result":{"ok":true},"waitedMillis":3000,\
                "ranMillis":5}""", lines.getLast().toString());
    }

    @Test
    void secretsAreMaskedByTheirKeys() throws IOException {
        Path file = folder.resolve("audit.jsonl");
        ToolRequest request = request("1", Map.of("Api-Key", "s1", "user", Map.of("PIN", 1234L, "name", "anna"),
                "list", List.of(Map.of("door_code", "s2", "spinner", "fast")), "password", "s3"));
        try (AuditLog log = log(file, "audit.mask", "doorcode, iban")) {
            log.ended(report(request, ToolResult.of(Map.of("access_token", "s4", "value", 7L))));
        }
        String text = Files.readString(file);
        for (String secret : List.of("s1", "s2", "s3", "s4", "1234")) {
            assertFalse(text.contains("\"" + secret) || text.contains(":" + secret), text);
        }
        JsonNode arguments = lines(file).getFirst().path("arguments");
        assertEquals("anna", arguments.path("user").path("name").asText());
        assertEquals("fast", arguments.path("list").path(0).path("spinner").asText());
        assertEquals("***", arguments.path("user").path("PIN").asText());
    }

    @Test
    void fullFilesAreTurnedAndNoLineIsLost() throws IOException {
        Path file = folder.resolve("audit.jsonl");
        try (AuditLog log = log(file, "audit.bytes", "2000", "audit.files", "2")) {
            for (int i = 0; i < 20; i++) {
                log.ended(report(request("call_" + i, Map.of()), ToolResult.of("x".repeat(100))));
            }
        }
        Set<String> names = new TreeSet<>();
        List<String> calls = new ArrayList<>();
        for (String name : List.of("audit.jsonl.2", "audit.jsonl.1", "audit.jsonl")) {
            names.add(name);
            assertTrue(Files.size(folder.resolve(name)) <= 2000);
            lines(folder.resolve(name)).forEach(line -> calls.add(line.path("call").asText()));
        }
        try (var found = Files.list(folder)) {
            assertEquals(names, new TreeSet<>(found.map(path -> path.getFileName().toString()).toList()));
        }
        // the oldest went; what is left has no gap
        int first = 20 - calls.size();
        for (int i = 0; i < calls.size(); i++) {
            assertEquals("call_" + (first + i), calls.get(i));
        }
    }

    @Test
    void halfALineOfACrashSpoilsNoOther() throws IOException {
        Path file = folder.resolve("audit.jsonl");
        Files.writeString(file, "{\"time\":\"2026", StandardOpenOption.CREATE);
        try (AuditLog log = log(file)) {
            log.ended(report(request("1", Map.of()), ToolResult.error("broken")));
        }
        List<String> lines = Files.readAllLines(file);
        assertEquals(2, lines.size());
        assertTrue(new ObjectMapper().readTree(lines.getLast()).path("error").asBoolean());
    }

    @Test
    void aCallThatCannotBeRecordedIsStopped() throws IOException {
        Path taken = Files.writeString(folder.resolve("taken"), "a file, and no folder");
        try (AuditLog log = log(taken.resolve("audit.jsonl"))) {
            assertThrows(UncheckedIOException.class, () -> log.starting(request("1", Map.of(), ToolHint.ACTING)));
            // what only looks is recorded when it is over
            log.starting(request("1", Map.of(), ToolHint.READ_ONLY));
        }
    }

    @Test
    void severalThreadsWriteWholeLines() throws Exception {
        Path file = folder.resolve("audit.jsonl");
        try (AuditLog log = log(file)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    for (int k = 0; k < 20; k++) {
                        log.ended(report(request("1", Map.of()), ToolResult.of("y".repeat(300))));
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertEquals(160, lines(file).size());
    }

    @Test
    void aCallThatIsCancelledIsRecordedAndSoAreThoseAfterIt() throws IOException {
        Path file = folder.resolve("audit.jsonl");
        // an old one whose last line has no end
        Files.writeString(file, "{}");
        try (AuditLog log = log(file, "audit.bytes", "1000")) {
            for (int i = 0; i < 12; i++) {
                Thread.currentThread().interrupt();
                log.ended(report(request("call_" + i, Map.of()), ToolResult.error("cancelled")));
                assertTrue(Thread.interrupted(), "whoever cancelled is not forgotten");
            }
            log.ended(report(request("after", Map.of()), ToolResult.of("x")));
        }
        List<String> calls = new ArrayList<>();
        try (var found = Files.list(folder)) {
            for (Path each : found.sorted(Comparator.reverseOrder()).toList()) {
                lines(each).forEach(line -> calls.add(line.path("call").asText()));
            }
        }
        List<String> expected = new ArrayList<>(List.of(""));
        for (int i = 0; i < 12; i++) {
            expected.add("call_" + i);
        }
        expected.add("after");
        assertEquals(expected, calls);
    }

    @Test
    void withoutAFileNothingIsWritten() {
        try (AuditLog log = new AuditLog(Map.of())) {
            log.starting(request("1", Map.of()));
            log.ended(report(request("1", Map.of()), ToolResult.of("x")));
        }
    }

    @Test
    void anotherConfigurationCountsAtOnce() throws IOException {
        Path first = folder.resolve("first.jsonl");
        Path second = folder.resolve("second.jsonl");
        try (AuditLog log = log(first)) {
            log.ended(report(request("1", Map.of("code", "s1")), ToolResult.of("x")));
            log.configure(Map.of("audit", second.toString(), "audit.mask", "code"));
            log.ended(report(request("2", Map.of("code", "s2")), ToolResult.of("x")));
            // what cannot be meant is left out, and the record goes on
            log.configure(Map.of("audit", second.toString(), "audit.mask", "code", "audit.bytes", "many"));
            log.ended(report(request("3", Map.of()), ToolResult.of("x")));
            log.configure(Map.of());
            log.ended(report(request("4", Map.of()), ToolResult.of("x")));
        }
        assertEquals(List.of("1"), lines(first).stream().map(line -> line.path("call").asText()).toList());
        assertEquals(List.of("2", "3"), lines(second).stream().map(line -> line.path("call").asText()).toList());
        assertEquals("***", lines(second).getFirst().path("arguments").path("code").asText());
    }

    @Test
    void aFileThatCannotBeMeantStopsCallsThatMayChangeSomething() {
        try (AuditLog log = new AuditLog(Map.of("audit", "a\0b"))) {
            assertThrows(IllegalStateException.class, () -> log.starting(request("1", Map.of(), ToolHint.ACTING)));
            log.configure(Map.of("audit", folder.resolve("audit.jsonl").toString()));
            log.starting(request("1", Map.of(), ToolHint.ACTING));
        }
        System.setProperty("millrace.policy.audit.files", "many");
        try (AuditLog log = log(folder.resolve("other.jsonl"))) {
            assertEquals(
                    "The setting millrace.policy.audit.files is \"many\"; it must be a whole number from 0 to 1000.",
                    assertThrows(IllegalStateException.class, () -> log.starting(request("1", Map.of()))).getMessage());
        } finally {
            System.clearProperty("millrace.policy.audit.files");
        }
    }
}
