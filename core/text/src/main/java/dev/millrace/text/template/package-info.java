/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Chat templates: the Jinja2 language as Hugging Face transformers sets it up, rendered in a sandbox.
 *
 * <p>
 * Start at {@link dev.millrace.text.template.ChatTemplate}. The way of a template: {@code syntax} makes a tree of it,
 * {@code evaluation} runs the tree with the built-ins of {@code builtin}, {@code operator} and {@code string}. All of them work
 * on the values of {@code value}, and pay to the budget of {@code limit}. Each of these packages knows those below it alone:
 *
 * <pre>
 * template
 * evaluation
 * builtin       syntax
 * operator
 * string
 * value
 * limit
 * </pre>
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template;
