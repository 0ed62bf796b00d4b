/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What bundles offer and need, and the indexes that list them. */
@org.jspecify.annotations.NullMarked
package dev.millrace.store.plugin;
