/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What all APIs have in common: open models, who may run when, and an answer as it comes. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.talk;
