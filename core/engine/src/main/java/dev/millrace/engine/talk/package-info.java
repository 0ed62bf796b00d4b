/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Conversations: messages, answers as they come, the turns of the model, its tool calls, and how each token is chosen.
 * {@link dev.millrace.engine.talk.Conversations} is the entry; it knows of the model no more than
 * {@link dev.millrace.engine.talk.ModelParts}.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.talk;
