/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Offers a runtime to one program over two streams, such as standard input and output. A plugin registers it as an OSGi service, or
 * names it for {@link java.util.ServiceLoader}.
 */
@ConsumerType
public interface StreamServer {

    /**
     * Serves until the input ends, the output breaks, or the thread is interrupted. Models are opened when they are first asked.
     *
     * @param millrace opens the models; stays the caller's
     * @param settings name to text, as the plugin's documentation says; what is absent has its default
     * @param in what the program says; stays the caller's
     * @param out what it is told, and nothing else; stays the caller's
     * @throws IllegalArgumentException if a setting is wrong
     * @throws IOException if the input breaks
     * @throws InterruptedException if interrupted while waiting
     */
    void serve(Millrace millrace, Map<String, String> settings, InputStream in, OutputStream out)
            throws IOException, InterruptedException;
}
