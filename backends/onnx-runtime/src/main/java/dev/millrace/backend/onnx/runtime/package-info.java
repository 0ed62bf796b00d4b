/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Loads ONNX Runtime's native library, once and without traces. The classes themselves are in {@code ai.onnxruntime}. */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.onnx.runtime;
