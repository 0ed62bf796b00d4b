/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a grammar allows next, byte by byte. Expressions over bytes and rules are differentiated as the text comes
 * ({@link dev.millrace.grammar.machine.Expressions}); rules that call each other are followed with a stack whose tops are shared
 * ({@link dev.millrace.grammar.machine.Machine}). Everything is made when it is first needed, and kept.
 */
@NullMarked
package dev.millrace.grammar.machine;

import org.jspecify.annotations.NullMarked;
