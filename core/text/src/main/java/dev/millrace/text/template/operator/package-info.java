/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What operators, brackets and dots do with values.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.operator;
