/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Runs a syntax tree: {@code StatementRunner} prints, {@code Evaluator} gives expressions their values.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.evaluation;
