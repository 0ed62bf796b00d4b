/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A backend of someone else: a bundle of its own, that knows the API and the SPI alone. */
@org.jspecify.annotations.NullMarked
package dev.millrace.test.bigram;
