/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Rules about calls of tools: how they are written, and what they decide. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.policy.rules;
