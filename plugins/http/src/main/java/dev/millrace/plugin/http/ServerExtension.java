/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adds paths to the server: a page, endpoints. A plugin registers it as an OSGi service, or names it for
 * {@link java.util.ServiceLoader}. Its paths have the server's checks of host, origin and token, its limits and its log.
 */
@ConsumerType
public interface ServerExtension {

    /**
     * Begins to work for a server. Called once for each server that starts; models may still be loading.
     *
     * @param host the server
     * @return what runs, closed by the server
     */
    Running start(ServerHost host);

    /** An extension that works for one server. */
    @ConsumerType
    interface Running extends AutoCloseable {

        /**
         * What it answers. The server's own paths go before.
         *
         * @return always the same routes
         */
        List<Route> routes();

        /** Ends everything that it still does. Closing twice does nothing. */
        @Override
        void close();
    }
}
