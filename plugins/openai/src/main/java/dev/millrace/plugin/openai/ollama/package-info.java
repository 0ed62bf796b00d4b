/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The API of Ollama: chat, generate, and what it tells of models. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.ollama;
