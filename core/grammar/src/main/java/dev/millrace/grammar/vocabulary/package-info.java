/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * From what a grammar allows in bytes to the tokens that a model may choose: the vocabulary as a tree that is walked with the
 * grammar's machine, and the masks that come of it.
 */
@NullMarked
package dev.millrace.grammar.vocabulary;

import org.jspecify.annotations.NullMarked;
