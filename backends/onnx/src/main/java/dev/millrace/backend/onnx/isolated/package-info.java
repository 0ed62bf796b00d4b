/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A backend in a Java process of its own: one process for each loaded model. Whatever happens there to the native runtime, this
 * process goes on. {@link dev.millrace.backend.onnx.isolated.Isolation} begins at this end, and
 * {@link dev.millrace.backend.onnx.isolated.ChildMain} at the other; both speak over a Unix domain socket.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.onnx.isolated;
