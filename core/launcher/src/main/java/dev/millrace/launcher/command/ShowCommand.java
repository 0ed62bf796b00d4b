/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.json.Json;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is known of a model that is here. */
@Command(name = "show", description = "Show what is known of a model on this machine.", sortOptions = false)
final class ShowCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Parameters(paramLabel = "NAME", description = "A name that list shows, or what it was pulled from.")
    String name = "";

    @Option(names = "--licence", description = "Print the text of its licence.")
    boolean licence;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    ShowCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        Kept kept = workplace.fetching().store().find(name)
                .orElseThrow(() -> new ModelNotFoundException("There is no model \"" + name
                        + "\" in the store; \"millrace list\" shows all."));
        Console console = workplace.console();
        if (licence) {
            console.result(kept.licence().text().isEmpty()
                    ? "Its text is not among the model's files; the hub calls it "
                            + (kept.licence().id().isEmpty() ? "nothing." : kept.licence().id() + ".")
                    : kept.licence().text());
            return ExitCode.DONE;
        }
        Map<String, @Nullable Object> rows = new LinkedHashMap<>();
        rows.put("name", kept.name());
        rows.put("source", kept.source());
        rows.put("revision", kept.revision());
        rows.put("path", kept.path().toString());
        rows.put("size", json ? kept.size() : Sizes.of(kept.size()));
        rows.put("linked", kept.linked());
        rows.put("licence", kept.licence().id());
        rows.putAll(kept.facts());
        if (json) {
            console.result(Json.write(rows));
        } else {
            rows.forEach((key, value) -> {
                String text = text(value);
                if (!text.isEmpty()) {
                    console.result(String.format(Locale.ROOT, "%-13s %s", words(key), text));
                }
            });
        }
        return ExitCode.DONE;
    }

    /** For people: what is an object in JSON is a list of its members. */
    private static String text(@Nullable Object value) {
        return switch (value) {
            case Boolean yes -> yes ? "yes" : "no";
            case Map<?, ?> map -> String.join(", ",
                    map.entrySet().stream().map(each -> words(String.valueOf(each.getKey())) + " "
                            + (each.getValue() instanceof Map ? Json.write(each.getValue()) : text(each.getValue())))
                            .toList());
            case null, default -> String.valueOf(value);
        };
    }

    private static String words(String key) {
        return key.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }
}
