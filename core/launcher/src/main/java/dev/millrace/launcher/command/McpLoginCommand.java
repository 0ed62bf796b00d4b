/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** A person signs in at a server. */
@Command(name = "login", description = {"Sign in at a server of a file that lets nobody else in.",
        "Shows the page to open in a browser of this machine, and waits for it to come back."}, sortOptions = false)
final class McpLoginCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(index = "0", paramLabel = "FILE.json", description = "The servers, as mcpServers of other programs' files.")
    Path file = Path.of("");

    @Parameters(index = "1", paramLabel = "SERVER", description = "The name of the server in the file.")
    String server = "";

    McpLoginCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        Console console = workplace.console();
        try {
            List<String> problems = ServerTools.connector(workplace).signIn(file, server, ServerTools.settings(false),
                    page -> console.note("Open this page in a browser of this machine:\n" + page));
            problems.forEach(console::note);
            if (problems.isEmpty()) {
                console.result("The server " + server + " can be used.");
            }
            return problems.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }
}
