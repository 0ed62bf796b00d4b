/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Signatures of models and plugins, and whose are trusted. */
@org.jspecify.annotations.NullMarked
package dev.millrace.store.trust;
