/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Models that run elsewhere as a whole: who answers for them, and who does while they cannot. */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.remote;
