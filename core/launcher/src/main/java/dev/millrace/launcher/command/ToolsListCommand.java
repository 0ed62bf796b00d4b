/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** What tools are installed. */
@Command(name = "list", description = "List the installed tools.", sortOptions = false)
final class ToolsListCommand implements Callable<Integer> {

    private final Workplace workplace;

    ToolsListCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        for (ToolProvider provider : workplace.engine().toolProviders()) {
            for (Tool tool : provider.tools()) {
                workplace.console().result(tool.definition().name() + " of " + provider.name() + ": "
                        + tool.definition().description().replaceAll("\\s+", " ").strip());
            }
        }
        return ExitCode.DONE;
    }
}
