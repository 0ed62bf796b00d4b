/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelStore;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * How far a download is, with its rate and the time that is left: a line that changes where a person looks, else a line for each
 * tenth.
 */
final class TransferView implements ModelStore.Transfer, AutoCloseable {

    private static final long REDRAW_NANOS = 200_000_000;
    /** The rate is that of the last seconds: an average over all of it would tell old news. */
    private static final double MEMORY_SECONDS = 5;

    private final Console console;
    private boolean visible;
    private long drawn;
    private long seen = -1;
    private long since;
    private double rate;
    private double measured;
    private long tenth;
    private String last = "";

    TransferView(Console console) {
        this.console = console;
    }

    @Override
    public synchronized void update(String what, long done, long total) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("Cancelled.");
        }
        long now = System.nanoTime();
        measure(done, now);
        if (!console.errTerminal()) {
            plainly(what, done, total);
            return;
        }
        if (visible && now - drawn < REDRAW_NANOS) {
            return;
        }
        visible = true;
        drawn = now;
        console.err().print("\r\u001b[K" + line(what, done, total));
        console.err().flush();
    }

    private void measure(long done, long now) {
        if (seen < 0 || done < seen) {
            seen = done;
            since = now;
            return;
        }
        double seconds = (now - since) / 1e9;
        if (seconds < 0.2) {
            return;
        }
        measured += seconds;
        double weight = seconds / Math.min(MEMORY_SECONDS, measured);
        rate += Math.min(1, weight) * ((done - seen) / seconds - rate);
        seen = done;
        since = now;
    }

    private void plainly(String what, long done, long total) {
        long tenths = total == 0 ? 0 : 10 * done / total;
        if (tenths != tenth) {
            tenth = tenths;
            console.note(line(what, done, total));
        } else if (!what.equals(last) && what.startsWith("waiting")) {
            console.note(what);
        }
        last = what;
    }

    private String line(String what, long done, long total) {
        if (total == 0) {
            return what;
        }
        String line = String.format(Locale.ROOT, "%3.0f %% of %s", 100.0 * done / total,
                Sizes.of(total));
        if (rate > 0) {
            line += ", " + Sizes.of((long) rate) + "/s";
            if (done < total) {
                line += ", " + Sizes.duration((long) ((total - done) / rate)) + " left";
            }
        }
        return line + "  " + what;
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
