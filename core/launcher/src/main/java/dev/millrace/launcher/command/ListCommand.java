/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Unfinished;
import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The models that are here. */
@Command(name = "list", description = "List the models of the store, and those in the caches of Hugging Face, Ollama and LM Studio.", sortOptions = false)
final class ListCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Option(names = "--json", description = "Print a JSON array.")
    boolean json;

    ListCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        ModelStore store = workplace.fetching().store();
        List<Kept> own = store.list();
        List<Kept> others = store.others();
        List<Unfinished> unfinished = store.unfinished();
        Console console = workplace.console();
        if (json) {
            List<Object> rows = new ArrayList<>();
            own.forEach(kept -> rows.add(row(kept, "store")));
            others.forEach(kept -> rows.add(row(kept, "other")));
            unfinished.forEach(file -> rows.add(Cases.object("name", file.name(), "source", file.source(), "size",
                    file.size(), "arrived", file.arrived(), "where", "unfinished")));
            console.result(Json.write(rows));
            return ExitCode.DONE;
        }
        int width = Math.max(4, java.util.stream.Stream.concat(own.stream(), others.stream())
                .mapToInt(kept -> kept.name().length()).max().orElse(0));
        own.forEach(kept -> console.result(line(kept, width) + (kept.linked() ? "  linked: " : "  ") + kept.source()));
        others.forEach(kept -> console.result(line(kept, width) + "  where it is: " + kept.path()));
        for (Unfinished file : unfinished) {
            console.note("Unfinished: " + file.name() + ", " + Sizes.of(file.arrived()) + " of " + Sizes.of(file.size())
                    + (file.source().isEmpty() ? "" : "; \"millrace pull " + file.source() + "\" goes on with it")
                    + ". \"millrace rm --unfinished\" removes it.");
        }
        if (own.isEmpty() && others.isEmpty()) {
            console.note(
                    "The store is empty. \"millrace pull hf:ORG/NAME\" fetches a model, \"millrace import PATH\" takes one "
                            + "that is here.");
        }
        return ExitCode.DONE;
    }

    private static String line(Kept kept, int width) {
        return kept.name() + " ".repeat(width - kept.name().length()) + "  "
                + String.format(java.util.Locale.ROOT, "%10s", Sizes.of(kept.size()));
    }

    private static Map<String, @Nullable Object> row(Kept kept, String where) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", kept.name());
        row.put("size", kept.size());
        row.put("source", kept.source());
        row.put("revision", kept.revision());
        row.put("path", kept.path().toString());
        row.put("where", where);
        row.put("linked", kept.linked());
        return row;
    }
}
