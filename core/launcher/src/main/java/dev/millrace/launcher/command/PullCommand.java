/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.ModelStore.Wish;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fetches a model into the store. */
@Command(name = "pull", description = {"Fetch a model and keep it on this machine.",
        "What has arrived stays if it stops; the same command goes on there. The model's name goes to standard output."}, sortOptions = false)
final class PullCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(paramLabel = "REF", description = "hf:ORG/NAME, if wanted with @REVISION and with :TYPE (such as Q4_K_M) or :FILE; or the address of a file, if wanted with #sha256=HEX.")
    String reference = "";

    @Option(names = "--name", paramLabel = "NAME", description = "Its name in the store.")
    @Nullable
    String name;

    @Option(names = "--dry-run", description = "Only say what would be fetched.")
    boolean dry;

    @Option(names = "--endpoint", paramLabel = "URL", description = "A mirror of the hub; HF_ENDPOINT if not given, else https://huggingface.co.")
    @Nullable
    URI endpoint;

    @Option(names = "--token-file", paramLabel = "FILE", description = "A file with an access token; HF_TOKEN if not given, else the one of Hugging Face's own programs.")
    @Nullable
    Path tokenFile;

    @Option(names = "--limit", paramLabel = "RATE", description = "The most bytes per second, such as 5M.")
    @Nullable
    String limit;

    @Option(names = "--connections", paramLabel = "N", description = "Connections at a time, 1 to 16; ${DEFAULT-VALUE} if not given.", defaultValue = "4")
    int connections;

    @Option(names = "--trust", paramLabel = "RULE", description = "For models that nobody signed whom you trust: refuse, ask or allow; MILLRACE_TRUST if not given, else allow.")
    @Nullable
    Trust trust;

    PullCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        Fetching fetching = workplace.fetching();
        Plan plan = fetching.plan(wish());
        fetching.describe(plan);
        if (dry) {
            fetching.licence(plan.licence());
            return ExitCode.DONE;
        }
        Kept kept = fetching.pull(plan);
        workplace.console().result(kept.name());
        return ExitCode.DONE;
    }

    private Wish wish() {
        long rate = 0;
        if (limit != null) {
            rate = Sizes.parse(limit)
                    .orElseThrow(() -> wrong("--limit is " + limit + "; give bytes per second, such as 5M"));
            if (rate < 1) {
                throw wrong("--limit must be 1 or more");
            }
        }
        try {
            return new Wish(reference, name, endpoint, tokenFile, rate, connections, trust);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
}
