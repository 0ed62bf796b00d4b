/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Models of this runtime as models of LangChain4j. {@link dev.millrace.plugin.langchain4j.MillraceChatModel} answers,
 * {@link dev.millrace.plugin.langchain4j.MillraceStreamingChatModel} tells the answer as it comes, and
 * {@link dev.millrace.plugin.langchain4j.MillraceEmbeddingModel} turns texts into vectors.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.langchain4j;
