/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A model changes its backend while it speaks. */
@org.jspecify.annotations.NullMarked
package dev.millrace.sample.hotswap;
