/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.io.IOException;

/**
 * A path and who answers it.
 *
 * @param method of HTTP, in upper case; a GET is also asked for a HEAD
 * @param path the whole path, without a query
 * @param needsToken whether a request must bring a token, where the server asks for one
 * @param action answers
 */
public record Route(String method, String path, boolean needsToken, Action action) {

    /** Answers requests of one route, each on another thread. */
    @FunctionalInterface
    public interface Action {

        /**
         * Answers.
         *
         * @param caller a name for who asks, without the token in it; one of those that {@link Gate#join} counts
         * @throws ApiError if the request is wrong or cannot be answered, and nothing is sent yet
         * @throws IOException if the client has left
         */
        void handle(Exchange exchange, String caller) throws IOException;
    }

    /** A GET that needs a token. */
    public static Route get(String path, Action action) {
        return new Route("GET", path, true, action);
    }

    /** A POST that needs a token. */
    public static Route post(String path, Action action) {
        return new Route("POST", path, true, action);
    }

    /** A GET that needs no token, for what holds nothing of the server. */
    public static Route open(String path, Action action) {
        return new Route("GET", path, false, action);
    }
}
