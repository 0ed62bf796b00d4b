/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * From messages and tools to the ids that a model reads: variables for its chat template, the rendered text with its inert
 * ranges, and the tokens.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.text.prompt;
