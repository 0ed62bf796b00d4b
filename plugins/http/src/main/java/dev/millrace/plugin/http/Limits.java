/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.time.Duration;

/**
 * What a client may ask of the server.
 *
 * @param bodyBytes of one request
 * @param connections that are served at once
 * @param bodyTime in which a body must have come
 * @param writeTime in which a client must take what it is sent
 */
public record Limits(int bodyBytes, int connections, Duration bodyTime, Duration writeTime) {
}
