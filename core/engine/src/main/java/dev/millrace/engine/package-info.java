/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The engine: finds and loads models, runs conversations on them, batches their steps, chooses tokens, moves models between
 * backends.
 *
 * <p>
 * {@link dev.millrace.engine.Engine} is the entry. A {@link dev.millrace.engine.LoadedModel} gives raw access to ids and
 * logits; conversations stand on top of it.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.engine;
