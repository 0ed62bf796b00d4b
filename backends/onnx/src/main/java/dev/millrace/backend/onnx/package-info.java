/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Runs graphs by ONNX Runtime. {@link dev.millrace.backend.onnx.OnnxBackend} chooses variant and device,
 * {@link dev.millrace.backend.onnx.GraphPorts} reads what the graph wants, {@link dev.millrace.backend.onnx.OnnxExecutor}
 * feeds sequences through it.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.onnx;
