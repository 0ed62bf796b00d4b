/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Questions that are asked on a plain class path and inside a framework alike. */
@org.jspecify.annotations.NullMarked
package dev.millrace.test;
