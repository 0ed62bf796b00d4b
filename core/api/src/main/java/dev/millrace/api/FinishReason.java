/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * Why an answer ended.
 *
 * <p>
 * Minor versions may add values.
 */
public enum FinishReason {
    /** The model said all that it wanted to. */
    STOP,
    /** The model wrote a text that was to end the answer. */
    STOP_STRING,
    /** The token budget is spent. */
    LENGTH,
    /** The context is full. */
    CONTEXT_FULL,
    /** The model called tools that the caller runs. */
    TOOL_CALLS,
    /** The model called tools again after the last round allowed. */
    TOOL_LIMIT,
    /** The model said the same again and again, and nothing else helped. */
    LOOP,
    /** Its time was up, see {@link Conversation.Builder#deadline}. */
    DEADLINE,
    /** Somebody cancelled it. */
    CANCELLED
}
