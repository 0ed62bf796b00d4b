/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The one thread of a loaded model and what it reads: {@link dev.millrace.engine.schedule.Scheduler} batches the tokens of
 * {@link dev.millrace.engine.schedule.Slot slots}, and moves them to another executor. Knows nothing of text.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.schedule;
