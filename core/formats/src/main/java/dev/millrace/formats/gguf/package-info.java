/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** GGUF as a format: header, metadata, tensors, read and written. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.gguf;
