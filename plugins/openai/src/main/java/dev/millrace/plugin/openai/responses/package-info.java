/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The API of OpenAI: responses. Nothing is stored; clients send the whole conversation each time. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.responses;
