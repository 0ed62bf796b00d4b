/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Instant;

/**
 * What a person says of a call.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param allowed whether it may run
 * @param who has decided, by the name that is known; empty if nobody has
 * @param when it was decided
 * @param words for the model if it may not run; empty if the person gave none
 */
public record ToolApproval(boolean allowed, String who, Instant when, String words) {

    /**
     * The call may run. Decided now.
     *
     * @param who has decided
     * @return the approval
     */
    public static ToolApproval allowed(String who) {
        return new ToolApproval(true, who, Instant.now(), "");
    }

    /**
     * The call may not run. Decided now.
     *
     * @param who has decided; empty if nobody has
     * @param words for the model; may be empty
     * @return the refusal
     */
    public static ToolApproval refused(String who, String words) {
        return new ToolApproval(false, who, Instant.now(), words);
    }
}
