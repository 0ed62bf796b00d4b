/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.net.URI;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Offers models to other programs, for example over HTTP. A plugin registers it as an OSGi service, or names it for
 * {@link java.util.ServiceLoader}.
 */
@ConsumerType
public interface ModelServer {

    /**
     * By which protocol it serves, so that one of several can be chosen.
     *
     * @return {@code http} unless it says otherwise
     */
    default String protocol() {
        return "http";
    }

    /**
     * Starts to serve. Returns when clients can connect; models may still be loading.
     *
     * @param millrace opens the models; stays the caller's
     * @param settings name to text, as the plugin's documentation says; what is absent has its default
     * @return what runs, closed by the caller
     * @throws IllegalArgumentException if a setting is wrong, or would be unsafe
     * @throws MillraceException if serving cannot start, for example because the port is taken
     */
    Running start(Millrace millrace, Map<String, String> settings);

    /** A server that runs. */
    @ConsumerType
    interface Running extends AutoCloseable {

        /**
         * Where clients find it.
         *
         * @return for example {@code http://127.0.0.1:8080}
         */
        URI address();

        /**
         * Waits until all models are open.
         *
         * @throws MillraceException if one cannot be opened
         * @throws InterruptedException if interrupted while waiting
         */
        void awaitReady() throws InterruptedException;

        /** Ends all answers, closes the models and stops listening. Closing twice does nothing. */
        @Override
        void close();
    }
}
