/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.time.Duration;

/**
 * How long a server may take.
 *
 * @param connect until it takes the connection
 * @param first until it says the first of an answer; signs of life do not count
 * @param between until the next byte, once it has said something
 * @param pause the longest wait before it is asked again
 */
record TimeLimits(Duration connect, Duration first, Duration between, Duration pause) {
}
