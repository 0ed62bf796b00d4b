/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Chooses among many tools by what a question means. {@link dev.millrace.plugin.embeddings.EmbeddingSelector} is the entry.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.embeddings;
