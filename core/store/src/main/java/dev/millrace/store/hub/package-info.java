/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What a reference means, what the hub has of it, and which of that suits this machine. */
@org.jspecify.annotations.NullMarked
package dev.millrace.store.hub;
