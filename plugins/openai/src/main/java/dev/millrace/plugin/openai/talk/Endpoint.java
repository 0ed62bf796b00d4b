/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import java.io.IOException;

/** Answers the requests of one path and method. */
@FunctionalInterface
public interface Endpoint {

    /**
     * Answers.
     *
     * @throws dev.millrace.plugin.http.ApiError if the request is wrong or cannot be answered, and nothing is sent yet
     * @throws IOException if the client has left
     */
    void handle(Request request) throws IOException;
}
