/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.engine.LoadedModel;
import dev.millrace.json.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a model goes on when it always takes the likeliest token. */
@Command(name = "greedy", description = "The likeliest continuation, whatever its tokens mean: {\"ids\": [...]}.", sortOptions = false)
final class InspectGreedy implements Callable<Integer> {

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Option(names = "--ids", required = true, paramLabel = "1,2,3", converter = Ids.Converter.class, description = "Token ids to read first.")
    @Nullable
    Ids ids;

    @Option(names = "-n", paramLabel = "N", description = "Tokens to generate; 24 if not given.")
    int count = 24;

    InspectGreedy(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        if (ids == null || count < 1) {
            throw choice.wrong("-n must be 1 or more");
        }
        try (LoadedModel model = workplace.load(choice); Decoding decoding = new Decoding(model)) {
            int[] generated = new int[count];
            float[] logits = decoding.read(ids.values());
            for (int i = 0; i < count; i++) {
                generated[i] = decoding.likeliest(logits);
                if (i + 1 < count) {
                    logits = decoding.readOne(generated[i]);
                }
            }
            workplace.console().result(Json.write(Cases.object("ids", Ids.list(generated))));
        }
        return ExitCode.DONE;
    }
}
