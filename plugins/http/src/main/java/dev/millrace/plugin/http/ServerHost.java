/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import dev.millrace.api.Millrace;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** What an extension is given of the server that it works for. For any thread. */
@ProviderType
public interface ServerHost {

    /** The runtime. It stays the server's. */
    Millrace millrace();

    /** The models that are served and open now, in the order in which they were named. They stay the server's. */
    List<OpenModel> models();

    /**
     * The model that a request asks for.
     *
     * @param name its name; empty takes the first
     * @throws ApiError 404 if none has that name, 503 if it is still loading
     */
    OpenModel model(Optional<String> name);

    /** Whether all models are open. */
    boolean isReady();

    /** Why they are not all open and never will be, in a sentence. */
    Optional<String> failure();

    /** Where answers wait for their turn. Who generates one joins it. */
    Gate gate();
}
