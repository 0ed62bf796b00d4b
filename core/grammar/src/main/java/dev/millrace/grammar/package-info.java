/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Answers that must have a form: while a model writes, only tokens with which the text can still become valid are allowed.
 */
@NullMarked
package dev.millrace.grammar;

import org.jspecify.annotations.NullMarked;
