/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.io.IOException;

/** Answers requests, each on another thread. */
@FunctionalInterface
public interface Handler {

    /**
     * Answers.
     *
     * @throws IOException if the client has left
     */
    void handle(Exchange exchange) throws IOException;
}
