/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Room for prefixes.
 *
 * @param memoryBytes about how much memory those of a model may take while nobody uses them
 * @param number how many of a model are kept in memory at most
 * @param folder for those that the next start may use, or null to store none
 * @param diskBytes how much the files there may take
 */
public record PrefixRoom(long memoryBytes, int number, @Nullable Path folder, long diskBytes) {
}
