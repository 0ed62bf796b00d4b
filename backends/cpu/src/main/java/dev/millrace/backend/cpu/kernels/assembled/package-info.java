/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Machine code that is made at run time, for products of packed weights with 8-bit inputs. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.kernels.assembled;
