/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Model families as data: what their files must say, whatever the format, and the blueprint that follows. */
@org.jspecify.annotations.NullMarked
package dev.millrace.formats.architecture;
