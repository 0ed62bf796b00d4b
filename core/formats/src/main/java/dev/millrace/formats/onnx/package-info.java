/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** ONNX graphs: folders with variants of a graph, and what can be read of a graph without running it. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.onnx;
