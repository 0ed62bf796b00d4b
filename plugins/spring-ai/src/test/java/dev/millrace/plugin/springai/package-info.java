/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.springai;
