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

/** Looks into a model, piece by piece. */
@Command(name = "inspect", description = "Look into a model and its parts; results are JSON.", synopsisSubcommandLabel = "PART", sortOptions = false)
final class InspectCommand implements Runnable {

    @Spec
    @Nullable
    CommandSpec spec;

    private InspectCommand() {
    }

    /** The command with its parts. */
    static CommandLine line(Workplace workplace) {
        return new CommandLine(new InspectCommand()).addSubcommand(new InspectModel(workplace))
                .addSubcommand(new InspectLogits(workplace)).addSubcommand(new InspectGreedy(workplace))
                .addSubcommand(new InspectTokens(workplace)).addSubcommand(new InspectChat(workplace))
                .addSubcommand(new InspectCalls(workplace));
    }

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(),
                    "a part is missing: model, logits, greedy, tokens, chat or calls");
        }
    }
}
