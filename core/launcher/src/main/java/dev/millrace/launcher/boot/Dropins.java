/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;

/** Looks after bundles that come while the program runs: says why one does not start. */
final class Dropins implements BundleListener, AutoCloseable {

    /** Whoever installs a bundle starts it a moment later, and with it those that it needs. */
    private static final long MOMENT_MILLIS = 2_000;

    private final BundleContext context;
    private final Consumer<Bundle> check;
    private final Runnable quiet;
    private final BlockingQueue<Long> changed = new LinkedBlockingQueue<>();
    private final Thread thread;

    /**
     * Begins to look.
     *
     * @param check starts a bundle that does not run, or says why it cannot
     * @param quiet looks for what no bundle event tells of; called after each moment without one
     */
    Dropins(BundleContext context, Consumer<Bundle> check, Runnable quiet) {
        this.context = context;
        this.check = check;
        this.quiet = quiet;
        thread = Thread.ofVirtual().name("millrace-dropins").unstarted(this::run);
    }

    /** Begins to look. To be called once. */
    void start() {
        context.addBundleListener(this);
        thread.start();
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.INSTALLED || event.getType() == BundleEvent.UPDATED) {
            changed.add(event.getBundle().getBundleId());
        }
    }

    private void run() {
        try {
            while (true) {
                Set<Long> together = new HashSet<>();
                for (Long next = next(); next != null; next = next()) {
                    together.add(next);
                }
                for (long id : together) {
                    Bundle bundle = context.getBundle(id);
                    if (bundle != null) {
                        check.accept(bundle);
                    }
                }
                quiet.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the end
        }
    }

    private @Nullable Long next() throws InterruptedException {
        return changed.poll(MOMENT_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
