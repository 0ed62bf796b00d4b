/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.Progress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A store with one model on its shelf. The hub has another: its first download stands still in the middle until nobody waits for it
 * any more, the next one goes on there and ends.
 */
public final class ShelfStore implements ModelStore {

    private static final String THERE = "hf:acme/cellar-1b";
    private static final long SIZE = 730_000_000;
    private static final Licence LICENCE = new Licence("apache-2.0", "Do with it what you like.");

    private final AtomicBoolean begun = new AtomicBoolean();
    private final List<Kept> kept = new ArrayList<>(List.of(kept("attic-350m", "hf:acme/attic-350m", 229_000_000)));

    private static Kept kept(String name, String source, long size) {
        return new Kept(name, source, "one", Path.of("/nowhere"), size, false, LICENCE, true, Map.of());
    }

    @Override
    public boolean isRemote(String reference) {
        return reference.startsWith("hf:");
    }

    @Override
    public synchronized Optional<Kept> find(String reference) {
        return kept.stream().filter(one -> one.name().equals(reference) || one.source().equals(reference)).findFirst();
    }

    @Override
    public synchronized List<Kept> list() {
        return List.copyOf(kept);
    }

    @Override
    public List<Kept> others() {
        return List.of();
    }

    @Override
    public Plan plan(Wish wish) {
        if (!wish.reference().equals(THERE)) {
            throw new ModelNotFoundException(wish.reference() + " is not on the hub.");
        }
        long here = begun.get() ? SIZE * 2 / 5 : 0;
        return new Plan(wish, "cellar-1b", THERE, "one",
                List.of(new Item("cellar-1b-Q4_K_M.gguf", SIZE - here, "", URI.create("http://hub"), Optional.empty())),
                "cellar-1b-Q4_K_M.gguf", "Q4_K_M fits into the memory of this machine.", LICENCE, Optional.empty());
    }

    @Override
    public Kept pull(Plan plan, Consent consent, Transfer transfer) {
        boolean first = begun.compareAndSet(false, true);
        CountDownLatch never = new CountDownLatch(1);
        try {
            while (first) { // until an update says that the client has left
                transfer.update("cellar-1b-Q4_K_M.gguf", SIZE * 2 / 5, SIZE);
                never.await(50, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException("The download was interrupted.", e);
        }
        transfer.update("cellar-1b-Q4_K_M.gguf", SIZE, SIZE);
        Kept here = kept("cellar-1b", THERE, SIZE);
        synchronized (this) {
            kept.add(here);
        }
        return here;
    }

    @Override
    public Kept link(Path path, @Nullable String name, Progress progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> verify(String name, Progress progress) {
        return List.of();
    }

    @Override
    public long remove(String name) {
        return 0;
    }

    @Override
    public void export(String name, Path folder, @Nullable Path key, Progress progress) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void licenceShown(String name) {
        // it always has been
    }
}
