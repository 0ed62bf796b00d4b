/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/**
 * How well a model would run on a device.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface Fit {

    /**
     * It would run.
     *
     * @param score the device with the largest is chosen; plain CPU backends lie near 100 with SIMD and near 10 without,
     *            accelerators above
     * @param bytes memory that weights and one full context would take
     */
    record Good(int score, long bytes) implements Fit {
    }

    /**
     * It would not run.
     *
     * @param reason one sentence for people that says what would help
     * @param cause what stands in the way, for programs
     * @param bytes memory that the model would take there, or 0 if the backend does not know; only of interest where memory is
     *            the cause
     */
    record Refused(String reason, Cause cause, long bytes) implements Fit {

        /**
         * A refusal for any other reason than those that {@link Cause} lists.
         *
         * @param reason one sentence for people that says what would help
         */
        public Refused(String reason) {
            this(reason, Cause.OTHER);
        }

        /**
         * A refusal for a reason that is known.
         *
         * @param reason one sentence for people that says what would help
         * @param cause what stands in the way
         */
        public Refused(String reason, Cause cause) {
            this(reason, cause, 0);
        }
    }

    /**
     * What stands in the way of a model. The engine acts on {@link #MEMORY} alone; people and programs are told the others.
     *
     * <p>
     * Minor versions may add values.
     */
    enum Cause {
        /** The backend has no such device, or has it no longer. */
        DEVICE,
        /** The backend does not execute this kind of program: a blueprint, or a graph of this format. */
        PROGRAM,
        /** The model needs a {@link dev.millrace.spi.model.Feature} that the backend does not compute. */
        FEATURE,
        /** Weights are stored in a type that the backend does not read. */
        TYPE,
        /** A size or shape of the model is beyond what the backend computes with. */
        SHAPE,
        /**
         * There is too little memory now. The engine may ask again when it has freed some, for example that of the same model on the
         * device that it comes from.
         */
        MEMORY,
        /** Anything else. */
        OTHER
    }
}
