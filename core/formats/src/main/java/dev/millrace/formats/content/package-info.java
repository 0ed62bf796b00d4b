/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What files and folders that are no models are, by their content, and what to do about it. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.content;
