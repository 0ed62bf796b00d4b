/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The API of Anthropic: messages and their token count. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.anthropic;
