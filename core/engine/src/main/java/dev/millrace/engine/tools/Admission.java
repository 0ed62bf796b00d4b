/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What was decided about a call that has not run yet.
 *
 * @param request the call with the arguments that it may run with
 * @param asked the call as it came
 * @param verdict whether it may run
 * @param reason why it may not, or why its arguments were changed, in a sentence; else empty
 * @param approval what a person said
 * @param time how long it may take
 * @param characters the most of its result that the model reads
 * @param begun when it came
 * @param waited how long it took to decide
 */
public record Admission(ToolRequest request, ToolCall asked, Verdict verdict, String reason,
        Optional<ToolApproval> approval, Optional<Duration> time, OptionalInt characters, Instant begun,
        Duration waited) {

    /**
     * Whether it may run.
     *
     * @return true if nothing is against it
     */
    public boolean runs() {
        return verdict == Verdict.ALLOWED || verdict == Verdict.APPROVED;
    }

    /**
     * Whether it runs with other arguments than it came with.
     *
     * @return true if a guard has changed them
     */
    public boolean changed() {
        return !asked.arguments().equals(request.arguments());
    }
}
