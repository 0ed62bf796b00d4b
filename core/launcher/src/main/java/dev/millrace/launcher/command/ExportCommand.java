/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies a model out of the store. */
@Command(name = "export", description = "Copy a model out of the store, with its manifest.", sortOptions = false)
final class ExportCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(index = "0", paramLabel = "NAME", description = "A name that list shows.")
    String name = "";

    @Parameters(index = "1", paramLabel = "FOLDER", description = "Where to; made if it is not there. Files that stand there are kept.")
    @Nullable
    Path folder;

    @Option(names = "--sign", paramLabel = "KEY.pem", description = "An Ed25519 private key that signs the model, for millrace-signature.json beside it.")
    @Nullable
    Path key;

    ExportCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            workplace.fetching().store().export(name, Objects.requireNonNull(folder), key, progress);
        }
        workplace.console().note("wrote " + name + " to " + folder);
        return ExitCode.DONE;
    }
}
