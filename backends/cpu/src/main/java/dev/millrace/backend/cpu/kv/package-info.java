/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What sequences keep: pages of keys and values, and the last columns of convolutions. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.kv;
