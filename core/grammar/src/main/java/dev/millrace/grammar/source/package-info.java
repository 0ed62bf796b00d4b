/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Languages in which people write grammars: regular expressions and GBNF. */
@NullMarked
package dev.millrace.grammar.source;

import org.jspecify.annotations.NullMarked;
