/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Whole answers as grammars: thinking first and free, then what was asked for, or calls in the model's own dialect. */
@NullMarked
package dev.millrace.grammar.answer;

import org.jspecify.annotations.NullMarked;
