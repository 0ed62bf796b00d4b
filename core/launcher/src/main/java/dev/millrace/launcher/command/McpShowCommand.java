/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ToolConnector;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What servers offer. */
@Command(name = "show", description = "Show what the servers of a file offer: tools, resources, prompts.", sortOptions = false)
final class McpShowCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(paramLabel = "FILE.json", description = "The servers, as mcpServers of other programs' files.")
    Path file = Path.of("");

    @Option(names = "--read", paramLabel = "SERVER=NAME", description = "Read this resource instead.")
    @Nullable
    String read;

    McpShowCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        Console console = workplace.console();
        try (ToolConnector.Connected programs = ServerTools.connect(workplace, file, false, List.of())) {
            programs.problems().forEach(console::note);
            if (read != null) {
                int equals = read.indexOf('=');
                console.result(programs.read(read.substring(0, Math.max(0, equals)), read.substring(equals + 1)));
                return ExitCode.DONE;
            }
            for (ToolConnector.Offered tool : programs.offered()) {
                console.result(
                        "tool      " + tool.approval().name().toLowerCase(Locale.ROOT) + "  " + ServerTools.line(tool));
            }
            for (ToolConnector.Item item : programs.resources()) {
                console.result("resource  " + item.name() + " of " + item.program() + ": " + item.description());
            }
            for (ToolConnector.Item item : programs.prompts()) {
                console.result("prompt    " + item.name() + " of " + item.program() + ": " + item.description());
            }
            return programs.problems().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }
}
