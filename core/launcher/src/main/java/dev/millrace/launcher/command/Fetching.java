/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Wish;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Fetches models when a person has said so, after telling what and how large. */
final class Fetching {

    private final Console console;
    private final List<ModelStore> stores;

    Fetching(Console console, List<ModelStore> stores) {
        this.console = console;
        this.stores = stores;
    }

    ModelStore store() {
        return stores.stream().findFirst().orElseThrow(() -> new MillraceException(
                "No model store is present: add the bundle dev.millrace.store to the folder of bundles."));
    }

    /**
     * Sees to it that a model is here before it is opened, if it may be fetched. Its licence is shown once.
     *
     * @param reference what the user wrote
     * @param told whether the user has said already that it may be fetched
     */
    void provide(String reference, boolean told) {
        if (stores.isEmpty() || isPath(reference)) {
            return; // whoever opens it says what is wrong
        }
        ModelStore store = store();
        Kept kept = store.find(reference).orElse(null);
        if (kept == null && store.isRemote(reference)) {
            Plan plan = plan(new Wish(reference));
            describe(plan);
            if (!told && !console.agreed("Fetch it?")) {
                throw new MillraceException(reference
                        + " is not on this machine, and nobody said that it may be fetched: add --pull, or run \"millrace pull "
                        + reference + "\".");
            }
            pull(plan); // which shows the terms
            return;
        }
        if (kept != null && !kept.licenceShown()) {
            licence(kept.licence());
            try {
                store.licenceShown(kept.name());
            } catch (MillraceException e) {
                // a store that cannot be written is no reason not to use what is in it
                console.note("That it was shown cannot be remembered: " + e.getMessage());
            }
        }
    }

    private static boolean isPath(String reference) {
        try {
            return Files.exists(Path.of(reference));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Finds out what would be fetched. */
    Plan plan(Wish wish) {
        try (TransferView view = new TransferView(console)) {
            return store().plan(wish, view);
        }
    }

    /** Says what would be fetched. */
    void describe(Plan plan) {
        long missing = plan.missing();
        console.note(plan.source() + (plan.revision().isEmpty() ? "" : " at " + brief(plan.revision())) + ": "
                + (missing == 0
                        ? "all " + Sizes.of(plan.size()) + " are on this machine already"
                        : Sizes.of(missing) + " to download" + (missing < plan.size()
                                ? " of " + Sizes.of(plan.size()) + ", the rest is here"
                                : "")));
        for (ModelStore.Item item : plan.files()) {
            console.note("  " + item.name() + "  " + Sizes.of(item.size())
                    + item.here().map(path -> "  (here: " + path + ")").orElse(""));
        }
        if (!plan.choice().isEmpty()) {
            console.note(plan.choice());
        }
        console.note("Licence: " + (plan.licence().id().isEmpty() ? "not told" : plan.licence().id())
                + plan.signer().map(signer -> "; signed by " + signer)
                        .orElse("; not signed by anybody whom you trust"));
    }

    private static String brief(String revision) {
        return revision.substring(0, Math.min(12, revision.length()));
    }

    /** Shows terms. */
    void licence(ModelStore.Licence licence) {
        if (!licence.text().isEmpty()) {
            console.note("---- the model's licence" + (licence.id().isEmpty() ? "" : ", " + licence.id()) + " ----");
            console.note(licence.text().strip());
            console.note("---- end of the licence ----");
        } else if (!licence.id().isEmpty()) {
            console.note("The model's licence is " + licence.id() + "; its text is not among the model's files.");
        }
    }

    /** Fetches. The licence is shown before. */
    Kept pull(Plan plan) {
        ModelStore store = store();
        boolean known = store.find(plan.name()).filter(Kept::licenceShown).isPresent();
        if (!known) {
            licence(plan.licence());
        }
        Kept kept;
        try (TransferView view = new TransferView(console)) {
            kept = store.pull(plan, console::agreed, view);
        }
        if (!kept.licenceShown()) {
            store.licenceShown(kept.name());
        }
        if (kept.facts().get("problem") instanceof String problem) {
            console.note("The model is here, but cannot be opened: " + problem);
        }
        return kept;
    }
}
