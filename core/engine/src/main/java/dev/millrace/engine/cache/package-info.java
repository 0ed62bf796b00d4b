/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What was read once and need not be read again: the marks of a conversation ({@link dev.millrace.engine.cache.PromptCache}), the
 * prefixes that conversations share ({@link dev.millrace.engine.cache.Prefixes}), and states of sequences as files.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.cache;
