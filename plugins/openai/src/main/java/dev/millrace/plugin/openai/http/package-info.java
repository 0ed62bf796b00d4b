/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** HTTP without knowledge of models: exchanges, limits, access, streams of events. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.http;
