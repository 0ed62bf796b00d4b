/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Downloads over HTTP: redirects, tokens, ranges, retries, limits of rate. */
@org.jspecify.annotations.NullMarked
package dev.millrace.store.fetch;
