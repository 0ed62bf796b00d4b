/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** {@code /v1/completions}: a model goes on with bare text. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.completion;
