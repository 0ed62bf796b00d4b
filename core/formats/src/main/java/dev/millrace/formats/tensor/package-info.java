/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tensors in files, and how their blocks become floats and back. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.tensor;
