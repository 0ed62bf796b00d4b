/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.StreamServer;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Offers tools and models to the program that has started this one. */
@Command(name = "mcp", description = {"Serve the Model Context Protocol on standard input and output.",
        "For programs that start their servers themselves; over HTTP it is offered by serve, at /mcp."}, sortOptions = false)
final class McpCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Option(names = {"-m",
            "--model"}, paramLabel = "REF", description = "A model that can be asked; may be given several times, the first is for requests that name none. nano if not given. Opened when it is first asked.")
    List<String> models = new ArrayList<>();

    @Option(names = "--backend", paramLabel = "ID", description = "A backend or device, such as cpu; the best that fits if not given.")
    @Nullable
    String backend;

    @Option(names = "--context", paramLabel = "TOKENS", description = "Tokens that a conversation may hold; as many as the model takes if not given.")
    int context;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; one for each core if not given.")
    int threads;

    McpCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        StreamServer server = workplace.streamServers().stream().findFirst().orElseThrow(() -> new MillraceException(
                "No server for standard input and output is present: add the bundle dev.millrace.plugin.mcp to the"
                        + " folder of bundles."));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("models", String.join("\n", models));
        settings.put("backend", backend == null ? "" : backend);
        settings.put("context", Integer.toString(context));
        settings.put("threads", Integer.toString(threads));
        Console console = workplace.console();
        PrintStream before = System.out;
        // whatever a bundle prints is nothing for the client
        System.setOut(console.err());
        try {
            server.serve(workplace.engine(), settings, console.in(), console.out());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Ctrl-C or kill: the end that is meant
        } finally {
            System.setOut(before);
        }
        return ExitCode.DONE;
    }
}
