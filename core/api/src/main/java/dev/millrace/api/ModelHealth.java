/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * How an open model is at this moment.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param model its name
 * @param state whether it can answer
 * @param device where it runs, or ran
 * @param reason one sentence for people that says why it cannot answer now; empty if it can
 * @param answers that are generated now
 * @param waiting those of them that wait for their turn or for room
 */
public record ModelHealth(String model, State state, Device device, String reason, int answers, int waiting) {

    /**
     * Whether a model can answer.
     *
     * <p>
     * Minor versions may add values.
     */
    public enum State {
        /** It answers. */
        READY,
        /** It is being carried to another device, or loaded again: answers go on in a moment. */
        MOVING,
        /** Nobody used it for a while, so its weights were freed: the next answer loads it again. */
        UNLOADED,
        /** Its backend failed or hangs, and no other one can run it: answers fail until it is moved by hand. */
        LOST
    }
}
