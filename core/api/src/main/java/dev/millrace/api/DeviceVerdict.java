/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * How a device fared when a place for a model was chosen.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param device the device; where a backend sees none, one that stands for all it might see, with the backend's name for its id
 * @param outcome whether it was chosen
 * @param score how well the model would run there: the largest is best among those that are equally wanted; 0 if it would not run
 * @param reason one sentence for people that says why it was chosen or not
 */
public record DeviceVerdict(Device device, Outcome outcome, int score, String reason) {

    /**
     * What came of it.
     *
     * <p>
     * Minor versions may add values.
     */
    public enum Outcome {
        /** The model runs there, or would. */
        CHOSEN,
        /** The model would run there, too, but another device is better or is preferred. */
        OTHER_BETTER,
        /** The model does not run there. */
        REFUSED,
        /** Another device was asked for. */
        NOT_ASKED,
        /** It failed, so it is left alone for a while. */
        LEFT_ALONE
    }

    /**
     * The verdict as a line of text.
     *
     * @return for example {@code cpu:scalar: It would run here (score 10), but cpu:vector is better.}
     */
    @Override
    public String toString() {
        return device.id() + ": " + reason;
    }
}
