/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What was read once and need not be read again: the prefixes of a model ({@link dev.millrace.engine.cache.Prefixes}), those of a
 * conversation among them ({@link dev.millrace.engine.cache.PromptCache}), and states of sequences as files.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.cache;
