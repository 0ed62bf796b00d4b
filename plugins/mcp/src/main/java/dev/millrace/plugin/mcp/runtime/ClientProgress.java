/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import dev.millrace.api.Progress;
import dev.millrace.plugin.mcp.server.CallContext;
import java.util.concurrent.CancellationException;

/**
 * Passes on how far a tool is. The protocol wants numbers that rise with each word: a fraction that does not is left out, and where
 * nobody can say how much is done, the words are counted.
 */
final class ClientProgress implements Progress {

    private final CallContext context;
    private double last;

    ClientProgress(CallContext context) {
        this.context = context;
    }

    @Override
    public synchronized void update(String what, double fraction) {
        try {
            if (Double.isNaN(fraction)) {
                last = Math.floor(last) + 1;
                context.progress(last, 0, what);
            } else if (fraction > last) {
                last = fraction;
                context.progress(fraction, 1, what);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("The call was cancelled.").initCause(e);
        }
    }
}
