/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The jars on a plain class path, without a framework. */
@org.jspecify.annotations.NullMarked
package dev.millrace.test.plain;
