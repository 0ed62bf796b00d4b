/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Chat templates: the Jinja2 language as Hugging Face transformers sets it up, rendered in a sandbox.
 *
 * <p>
 * Start at {@link dev.millrace.text.template.ChatTemplate}. The way of a template: {@code Lexer} to tokens,
 * {@code StatementParser}, {@code ExpressionParser} and {@code OperandParser} to {@code Statement}s and {@code Expression}s,
 * {@code StatementRunner} and {@code Interpreter} to text. Builtins are tables: {@code Filters}, {@code Tests},
 * {@code Functions}, {@code TextMethods}, {@code CollectionMethods}. Values inside a template are {@link
 * dev.millrace.text.template.MarkedText}, {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean},
 * {@code None}, {@code List}, {@code Tuple}, {@code Dict} and a few others that {@code Values} knows; never other Java
 * objects.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template;
