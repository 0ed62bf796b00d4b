/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** A person who can sign in. Only there where somebody asked for it. */
public interface Consent {

    /** Where the browser comes back to, always the same. */
    URI redirect();

    /**
     * Has a person sign in and waits for the browser to come back.
     *
     * @param page where to sign in
     * @param state what the browser must bring back, so that nobody else's answer is taken
     * @return what it brings
     * @throws IOException if nobody has signed in in time
     */
    Map<String, String> ask(URI page, String state) throws IOException, InterruptedException;
}
