/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes models from the store. */
@Command(name = "rm", description = "Remove models from the store. What was imported stays where it is.", sortOptions = false)
final class RemoveCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names that list shows.")
    List<String> names = List.of();

    RemoveCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        ModelStore store = workplace.fetching().store();
        for (String name : names) {
            long free = store.remove(name);
            workplace.console().note("removed " + name + "; " + Sizes.of(free) + " became free");
        }
        return ExitCode.DONE;
    }
}
