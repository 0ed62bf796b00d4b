/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A loaded blueprint and what computes it: mixers, feed-forwards and the products of matrices that they share. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.layers;
