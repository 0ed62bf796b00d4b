/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Models of random weights in real shapes. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.synthesis;
