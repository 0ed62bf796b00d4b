/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The end that somebody asks for by Ctrl-C or kill. The command is interrupted and has a moment to end in order: to cancel its
 * answer, remove what it has half written, stop the framework. Then the process ends all the same, for a person who presses
 * Ctrl-C waits a second at most, and some work, such as reading a piece of a long prompt, cannot be interrupted.
 */
final class Ending {

    private static final System.Logger LOG = System.getLogger(Ending.class.getName());

    /** With what Java takes to end, less than a second. */
    private static final long MOMENT_MILLIS = 400;

    private final Thread main;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile @Nullable Storage storage;
    private volatile boolean asked;

    /**
     * Waits for signals from now on.
     *
     * @param main runs the command
     */
    Ending(Thread main) {
        this.main = main;
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::end, "millrace-end"));
        } catch (IllegalStateException e) {
            asked = true; // the signal came before the program began
        }
    }

    /** What must not stay behind. */
    void holds(Storage folder) {
        storage = folder;
    }

    /** Whether a signal has come: whoever sent it knows why what runs fails. */
    boolean isAsked() {
        return asked;
    }

    /** All is done: the process ends by itself. */
    void done() {
        done.countDown();
    }

    private void end() {
        if (done.getCount() == 0) {
            return;
        }
        asked = true;
        main.interrupt();
        try {
            Storage left = storage;
            if (!done.await(MOMENT_MILLIS, TimeUnit.MILLISECONDS) && left != null) {
                left.close();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "left for the next start", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
