/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The API of OpenAI: chat completions and completions. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.chat;
