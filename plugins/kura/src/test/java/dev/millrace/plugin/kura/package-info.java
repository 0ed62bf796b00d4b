/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The engine as Kura uses it. */
package dev.millrace.plugin.kura;
