/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A call of a tool that is over.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param request what was called, with the arguments that it ran with, or would have
 * @param asked the call as it came, before guards changed its arguments
 * @param verdict what was decided
 * @param reason why, in a sentence; empty if there is nothing to say
 * @param approval what a person said, if one was asked and said something
 * @param result what the tool gave, or the error that took its place; whole, as a model may be told less
 * @param begun when the call came
 * @param waited how long guards and people took
 * @param ran how long the tool itself took; nothing if it did not run
 */
public record ToolReport(ToolRequest request, ToolCall asked, Verdict verdict, String reason,
        Optional<ToolApproval> approval, ToolResult result, Instant begun, Duration waited, Duration ran) {

    /** What was decided about a call. */
    public enum Verdict {
        /** It ran; nobody had to be asked. */
        ALLOWED,
        /** It ran, since a person allowed it. */
        APPROVED,
        /** It did not run: a guard refused it, or its arguments do not fit. */
        REFUSED,
        /** It did not run: a person was to be asked, and did not allow it, or did not answer. */
        DENIED,
        /** It did not run: the answer was cancelled before that. */
        CANCELLED
    }
}
