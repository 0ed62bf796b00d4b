/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * Whether the calls of a model are held to the schemas of its tools, where a conversation does not say.
 *
 * <p>
 * Minor versions may add values.
 */
public enum Strictness {
    /**
     * Small models are held, as far as the schemas can be kept: the default. A model is small with fewer than 4 billion parameters,
     * or with less than 2 GiB of weights where the parameters are not known. A tool whose schema cannot be kept has free
     * arguments, and the log says so once.
     */
    AUTO,
    /** Calls are held. A conversation with a tool whose schema cannot be kept is refused. */
    ON,
    /** Calls are free. */
    OFF
}
