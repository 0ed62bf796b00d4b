/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Models of this runtime as models of Spring AI. {@link dev.millrace.plugin.springai.MillraceChatModel} answers at once or piece by
 * piece; {@link dev.millrace.plugin.springai.MillraceChatOptions} say how.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.springai;
