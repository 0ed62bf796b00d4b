/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Which calls of tools run, by rules that are configured, and the record of all of them. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.policy;
