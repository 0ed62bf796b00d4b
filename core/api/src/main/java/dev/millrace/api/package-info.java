/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for people who use models: open one, talk to it, give it tools, listen to what it does.
 *
 * <p>
 * Start at {@link dev.millrace.api.Millrace}. Nothing here depends on a backend, a file format or a third-party type.
 * Values that come from or go to JSON (tool arguments, schemas, results) are plain Java: {@code String}, {@code Long},
 * {@code Double}, {@code Boolean}, {@code null}, {@code List} and {@code Map<String, ?>} in the order of the source.
 *
 * <p>
 * Types grow in minor versions: sealed types and enums get kinds and values, records get components at their end. A {@code switch}
 * over them has a {@code default}, and records are taken apart by their accessors and not by patterns.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.api;
