/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * JSON Schema as a grammar. Each keyword is enforced, or implied by what is enforced, or refused by name: a text that the grammar
 * allows is always valid.
 */
@NullMarked
package dev.millrace.grammar.schema;

import org.jspecify.annotations.NullMarked;
