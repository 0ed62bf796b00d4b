/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * JSON as model files and prompts need it: strict and bounded in reading, as Python writes it in writing. Here so that formats,
 * text and engine need no library.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi.json;
