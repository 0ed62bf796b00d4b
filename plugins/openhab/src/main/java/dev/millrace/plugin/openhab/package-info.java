/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A model as an interpreter of human language in openHAB. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.openhab;
