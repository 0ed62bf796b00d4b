/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What a bundle under test is made of. */
@org.jspecify.annotations.NullMarked
package dev.millrace.tck.trial;
