/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolConnector;
import dev.millrace.api.ToolProvider;
import dev.millrace.machine.CacheFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** Tools of other programs' servers: connected to, shown to a person, and approved. */
final class ServerTools {

    private static final int SHOWN = 300;

    private ServerTools() {
    }

    /**
     * Connects to the servers of a file.
     *
     * @param trust whether their tools need no approval
     * @param present providers whose names of tools are taken
     */
    static ToolConnector.Connected connect(Workplace workplace, Path file, boolean trust,
            List<ToolProvider> present) {
        ToolConnector connector = connector(workplace);
        List<String> taken = present.stream().flatMap(provider -> provider.tools().stream())
                .map(Tool::definition).map(definition -> definition.name()).toList();
        try {
            return connector.connect(file, taken, settings(trust));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException();
        }
    }

    /** What connects to servers here. */
    static ToolConnector connector(Workplace workplace) {
        return workplace.connectors().stream().findFirst().orElseThrow(() -> new MillraceException(
                "Nothing here connects to servers: add the bundle dev.millrace.plugin.mcp to the folder of bundles."));
    }

    /** What a connector is told. */
    static Map<String, String> settings(boolean trust) {
        return Map.of("trust", Boolean.toString(trust), "approvals",
                CacheFolder.ofUser().path().resolve("mcp-approvals.json").toString());
    }

    /** Shows what nobody has approved yet, and asks, if there is a person. */
    static void approve(ToolConnector.Connected programs, Console console) {
        programs.problems().forEach(console::note);
        List<ToolConnector.Offered> open = programs.offered().stream()
                .filter(tool -> tool.approval() != ToolConnector.Approval.APPROVED).toList();
        if (open.isEmpty()) {
            return;
        }
        console.note("Nobody has approved these tools yet; what they say of themselves comes from their servers:");
        open.forEach(tool -> console.note("  " + line(tool)));
        if (!console.inTerminal() || !console.errTerminal()) {
            console.note("They are left out. Run this in a terminal once to approve them, or give --mcp-trust.");
            return;
        }
        if (console.agreed("May the model use them?")) {
            programs.approve(open);
        } else {
            console.note("They are left out.");
        }
    }

    /** A tool on one line. */
    static String line(ToolConnector.Offered tool) {
        String words = tool.definition().description().replaceAll("\\s+", " ").strip();
        return tool.definition().name() + " of " + tool.program()
                + (tool.approval() == ToolConnector.Approval.CHANGED ? ", changed since it was approved" : "") + ": "
                + (words.length() > SHOWN ? words.substring(0, SHOWN) + "..." : words);
    }
}
