/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Measures tokenizers, templates, dialects and the engine. */
@org.jspecify.annotations.NullMarked
package dev.millrace.benchmark;
