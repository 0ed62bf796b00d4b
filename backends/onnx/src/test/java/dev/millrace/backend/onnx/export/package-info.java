/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Writes a blueprint as an ONNX graph, so that tests have exports to run. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.onnx.export;
