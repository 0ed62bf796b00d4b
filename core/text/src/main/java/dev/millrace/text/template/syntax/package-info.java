/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * From the text of a template to its syntax tree: {@code Lexer} makes tokens, {@code StatementParser},
 * {@code ExpressionParser} and {@code OperandParser} make {@code Statement}s and {@code Expression}s.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.syntax;
