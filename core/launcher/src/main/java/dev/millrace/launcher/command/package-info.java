/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The command line: one class for each command, and what they share. Results go to standard output, everything else to
 * standard error.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.launcher.command;
