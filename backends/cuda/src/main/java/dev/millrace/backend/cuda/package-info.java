/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The CUDA backend. {@link dev.millrace.backend.cuda.Loading} brings weights to the device, {@link dev.millrace.backend.cuda.ForwardPass}
 * queues kernels, whose sources lie in {@code src/main/cuda}, and {@link dev.millrace.backend.cuda.CudaExecutor} keeps sequences.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cuda;
