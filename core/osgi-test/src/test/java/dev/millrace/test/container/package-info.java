/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tests that run as a bundle inside a framework. */
@org.jspecify.annotations.NullMarked
package dev.millrace.test.container;
