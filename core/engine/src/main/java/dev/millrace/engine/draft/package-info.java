/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Guesses of what a model says next: text is copied all the time, from tool results, from names, from what was said before. They are read
 * together with the token before, and those that were wrong are cut off again. {@link dev.millrace.engine.draft.Drafts} is the entry.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.draft;
