/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A small sentence encoder inside a bundle. */
@org.jspecify.annotations.NullMarked
package dev.millrace.sample.minilm;
