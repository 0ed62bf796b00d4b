/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Progress;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * A bar on the terminal for loads that take long. Shows nothing where nobody looks, or when the load is quick. Closing it
 * clears the line; a model that moves later, and tells its progress here too, begins anew.
 */
final class LoadProgress implements Progress, AutoCloseable {

    private static final long PATIENCE_NANOS = 400_000_000;
    private static final long REDRAW_NANOS = 100_000_000;
    private static final int WIDTH = 30;

    private final Console console;
    private long started = System.nanoTime();
    private long drawn;
    private boolean visible;

    LoadProgress(Console console) {
        this.console = console;
    }

    @Override
    public synchronized void update(String what, double fraction) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException();
        }
        if (fraction >= 1) {
            close();
            return;
        }
        long now = System.nanoTime();
        if (fraction == 0 && !visible) {
            started = now;
        }
        if (!console.errTerminal() || now - started < PATIENCE_NANOS || (visible && now - drawn < REDRAW_NANOS)) {
            return;
        }
        visible = true;
        drawn = now;
        int full = (int) Math.round(WIDTH * Math.clamp(fraction, 0, 1));
        console.err().printf(Locale.ROOT, "\r\u001b[K%s [%s%s] %3.0f %%", what, "#".repeat(full),
                " ".repeat(WIDTH - full),
                100 * fraction);
        console.err().flush();
    }

    @Override
    public synchronized void close() {
        if (visible) {
            visible = false;
            console.err().print("\r\u001b[K");
            console.err().flush();
        }
    }
}
