/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Values inside a template, as Python sees them, and how built-ins are called with them.
 *
 * <p>
 * A value is {@link dev.millrace.text.marked.MarkedText}, {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean},
 * {@code List} or a {@link dev.millrace.text.template.value.Typed}; never null and never another Java object.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.value;
