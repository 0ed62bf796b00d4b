/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Removes models from the store. */
@Command(name = "rm", description = "Remove models from the store. What was imported stays where it is.", sortOptions = false)
final class RemoveCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names that list shows.")
    List<String> names = List.of();

    @Option(names = "--unfinished", description = "Remove what has arrived of downloads that did not end.")
    boolean unfinished;

    RemoveCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        if (names.isEmpty() && !unfinished) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(),
                    "rm needs the name of a model, or --unfinished");
        }
        ModelStore store = workplace.fetching().store();
        if (unfinished) {
            workplace.console().note("removed unfinished downloads; " + Sizes.of(store.forgetUnfinished())
                    + " became free");
        }
        for (String name : names) {
            long free = store.remove(name);
            workplace.console().note("removed " + name + (free == 0
                    ? "; its files stay: they are linked, or others need them"
                    : "; " + Sizes.of(free) + " became free"));
        }
        return ExitCode.DONE;
    }
}
