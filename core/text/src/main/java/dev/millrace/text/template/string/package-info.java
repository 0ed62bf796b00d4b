/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Python's {@code str}: its methods, its two ways to format, and text that is marked as HTML.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.string;
