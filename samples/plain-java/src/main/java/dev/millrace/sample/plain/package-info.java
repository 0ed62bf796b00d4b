/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The engine on a plain class path, without OSGi. */
@org.jspecify.annotations.NullMarked
package dev.millrace.sample.plain;
