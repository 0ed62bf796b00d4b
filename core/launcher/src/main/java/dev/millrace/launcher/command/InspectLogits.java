/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.engine.LoadedModel;
import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the model computes after some tokens. */
@Command(name = "logits", description = {"Logits after the last token: {\"logits\": [...]}."}, sortOptions = false)
final class InspectLogits implements Callable<Integer> {

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Option(names = "--ids", paramLabel = "1,2,3", converter = Ids.Converter.class, description = "Token ids to read.")
    @Nullable
    Ids ids;

    @Option(names = "--all", description = "Logits after each token.")
    boolean all;

    @Option(names = "--batch", paramLabel = "FILE", description = "Many cases: a file with a JSON array of arrays of ids.")
    @Nullable
    Path batch;

    InspectLogits(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Ids given = ids;
        Path file = batch;
        if ((given == null) == (file == null)) {
            throw choice.wrong("give --ids, or many with --batch FILE");
        }
        try (LoadedModel model = workplace.load(choice)) {
            if (given == null) {
                return Cases.run(workplace.console(), Objects.requireNonNull(file),
                        input -> logits(model, Ids.of(input)));
            }
            workplace.console().result(Json.write(logits(model, given)));
        }
        return ExitCode.DONE;
    }

    private Map<String, @Nullable Object> logits(LoadedModel model, Ids input) {
        int vocabulary = model.program().vocabularySize();
        try (Decoding decoding = new Decoding(model)) {
            if (!all) {
                return Cases.object("logits", list(decoding.read(input.values()), vocabulary));
            }
            List<List<Float>> rows = new ArrayList<>();
            for (float[] row : decoding.readAll(input.values())) {
                rows.add(list(row, vocabulary));
            }
            return Cases.object("logits", rows);
        }
    }

    private static List<Float> list(float[] values, int count) {
        List<Float> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(values[i]);
        }
        return list;
    }
}
