/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Trust;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes a model into the store that is on this machine already. */
@Command(name = "import", description = {"Give a model on this machine a name in the store. It is linked, not copied.",
        "The name goes to standard output."}, sortOptions = false)
final class ImportCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(paramLabel = "PATH", description = "A .gguf file, or a folder with a model.")
    @Nullable
    Path path;

    @Option(names = "--name", paramLabel = "NAME", description = "Its name in the store; made from the path if not given.")
    @Nullable
    String name;

    @Option(names = "--trust", paramLabel = "RULE", description = "For models that nobody signed whom you trust: refuse, ask or allow; MILLRACE_TRUST if not given, else allow.")
    @Nullable
    Trust trust;

    ImportCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        Kept kept;
        Console console = workplace.console();
        try (LoadProgress progress = new LoadProgress(console)) {
            kept = workplace.fetching().store().link(Objects.requireNonNull(path), name, trust, console::agreed,
                    progress);
        }
        console.note("linked " + path + ", " + Sizes.of(kept.size()) + "; it stays where it is"
                + (kept.facts().get("signedBy") instanceof String signer ? "; signed by " + signer : ""));
        console.result(kept.name());
        return ExitCode.DONE;
    }
}
