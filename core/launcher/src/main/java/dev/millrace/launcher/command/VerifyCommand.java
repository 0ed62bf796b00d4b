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

/** Reads models of the store and compares them with their digests. */
@Command(name = "verify", description = "Read models of the store and compare them with their digests.", sortOptions = false)
final class VerifyCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names that list shows; all if none is given.")
    List<String> names = List.of();

    VerifyCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        ModelStore store = workplace.fetching().store();
        Console console = workplace.console();
        List<String> wanted = names.isEmpty() ? store.list().stream().map(ModelStore.Kept::name).toList() : names;
        boolean well = true;
        for (String name : wanted) {
            List<String> problems;
            try (LoadProgress progress = new LoadProgress(console)) {
                problems = store.verify(name, progress);
            }
            if (problems.isEmpty()) {
                console.result(name + ": well");
            }
            problems.forEach(problem -> console.result(name + ": " + problem));
            well &= problems.isEmpty();
        }
        return well ? ExitCode.DONE : ExitCode.FAILED;
    }
}
