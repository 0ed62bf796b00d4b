/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A server that offers models by the APIs of OpenAI, Anthropic and Ollama. {@link dev.millrace.plugin.openai.Server} is where
 * it begins.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai;
