/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The CUDA driver, opened at run time and called through a small native library of this bundle. Needs no CUDA toolkit. */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cuda.runtime;
