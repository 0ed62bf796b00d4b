/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The models of a Millrace beside this program, by their own names. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.client;
