/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The archetypes as their users meet them. */
@org.jspecify.annotations.NullMarked
package dev.millrace.archetype;
