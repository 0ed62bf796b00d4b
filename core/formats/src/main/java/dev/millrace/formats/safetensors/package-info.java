/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Hugging Face folders: safetensors, config.json and the files beside them. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.safetensors;
