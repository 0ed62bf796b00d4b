/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** JSON that comes and goes: fields read with errors that name them, and plain data for the engine. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openai.json;
