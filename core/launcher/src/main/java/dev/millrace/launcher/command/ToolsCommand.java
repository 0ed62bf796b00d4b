/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What models can call. */
@Command(name = "tools", description = "Show the installed tools, or measure how well they are found.", sortOptions = false, synopsisSubcommandLabel = "COMMAND")
final class ToolsCommand implements Runnable {

    @Spec
    @Nullable
    CommandSpec command;

    private ToolsCommand() {
    }

    static CommandLine line(Workplace workplace) {
        return new CommandLine(new ToolsCommand()).addSubcommand(new ToolsListCommand(workplace))
                .addSubcommand(new ToolsBenchCommand(workplace));
    }

    @Override
    public void run() {
        if (command != null) {
            throw new ParameterException(command.commandLine(), "a command is missing: list or bench");
        }
    }
}
