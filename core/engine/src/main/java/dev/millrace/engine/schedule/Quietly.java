/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

/** Closes what may fail to close, where nothing more can be done about it. */
final class Quietly {

    private static final System.Logger LOG = System.getLogger(Quietly.class.getName());

    private Quietly() {
    }

    /**
     * Never throws: a failure is logged.
     *
     * @param what it is, at the beginning of a sentence
     */
    static void close(AutoCloseable some, String what) {
        try {
            some.close();
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.WARNING, what + " could not be closed.", e);
        }
    }
}
