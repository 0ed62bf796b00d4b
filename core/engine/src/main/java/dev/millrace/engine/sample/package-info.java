/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * How each token is chosen: the stages that change logits, those of plugins and the engine's own, and the draw.
 * {@link dev.millrace.engine.sample.TokenSampler} is the entry.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.sample;
