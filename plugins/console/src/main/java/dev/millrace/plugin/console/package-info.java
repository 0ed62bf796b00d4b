/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The page at {@code /} of the server and the paths that its data comes from, all of them under {@code /console/}.
 * {@link dev.millrace.plugin.console.Console} is where it begins.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.console;
