/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** One request over HTTP and its answer, as far as the protocol needs it. For the thread that handles it. */
public interface WebExchange {

    /** The method, in upper case. */
    String method();

    /** A header of the request. */
    Optional<String> header(String name);

    /** A name for who asks. */
    String caller();

    /**
     * The whole body.
     *
     * @throws IOException if the client has left
     */
    byte[] body() throws IOException;

    /** Sets a header of the answer. */
    void header(String name, String value);

    /**
     * Answers as a whole.
     *
     * @throws IOException if the client has left
     */
    void answer(int status, String type, byte[] content) throws IOException;

    /**
     * Begins an answer in pieces, each sent when it is flushed. Closing ends it.
     *
     * @throws IOException if the client has left
     */
    OutputStream stream(int status, String type) throws IOException;
}
