/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Duration;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Asks a person whether a call may run. A conversation has one if there is somebody to be asked: a terminal, a page, the user of a
 * connected program.
 */
@ConsumerType
@FunctionalInterface
public interface ToolApprover {

    /** Asks nobody, so nothing is allowed. */
    ToolApprover NOBODY = (request, question, patience) -> ToolApproval
            .refused("", "It needs the consent of a person, and there is nobody here to be asked.");

    /**
     * Asks and waits. Interrupted when the time is over or the answer is cancelled; whoever goes on waiting then is not listened to
     * any more. One call is asked about at a time in each conversation.
     *
     * @param request what is called
     * @param question why somebody has to decide; may be empty
     * @param patience how long the person may take
     * @return what the person says
     * @throws InterruptedException if interrupted while waiting
     */
    ToolApproval ask(ToolRequest request, String question, Duration patience) throws InterruptedException;
}
