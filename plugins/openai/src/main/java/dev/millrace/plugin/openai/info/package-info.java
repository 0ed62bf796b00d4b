/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What the server tells of itself and its models. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.info;
