/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Optional;

/** One request and its answer, whatever carries them. For the thread that handles it. */
public interface Exchange {

    /** The method, in upper case. */
    String method();

    /** The path as it was sent, without the query; several slashes in a row count as one. */
    String path();

    /** What follows the question mark, as it was sent; empty if nothing does. */
    String query();

    /**
     * A header of the request; the first, if it came more than once. {@code Host} is what a request that is made to a whole address
     * names there.
     */
    Optional<String> header(String name);

    /** Who asks. */
    InetSocketAddress client();

    /**
     * The whole body.
     *
     * @throws ApiError 413 if it is longer than allowed
     * @throws IOException if the client has left, or sends too slowly
     */
    byte[] body() throws IOException;

    /** Sets a header of the answer. */
    void header(String name, String value);

    /** The status that is out and cannot be changed any more, or 0. */
    int status();

    /**
     * Answers as a whole.
     *
     * @throws IOException if the client has left
     */
    void answer(int status, String type, byte[] content) throws IOException;

    /**
     * Begins an answer whose length is not known. What is flushed is sent at once; closing ends the answer.
     *
     * @throws IOException if the client has left
     */
    OutputStream stream(int status, String type) throws IOException;
}
