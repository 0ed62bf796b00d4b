/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Models as an inference engine in Eclipse Kura. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.kura;
