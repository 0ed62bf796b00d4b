/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

/** What is said between the two processes. Each message begins with one of these. */
final class Speech {

    private Speech() {
    }

    /** What the child is asked. All but {@link #FREE} are answered, in order. */
    enum Ask {
        /** Which devices there are. */
        DEVICES,
        /** To load a model that generates. */
        LOAD,
        /** To load a model that turns texts into vectors. */
        LOAD_ENCODER,
        /** For an empty sequence. */
        OPEN,
        /** For a sequence that continues from a state. */
        IMPORT,
        /** For a second sequence like one that is there. */
        FORK,
        /** To cut a sequence back. */
        TRUNCATE,
        /** For the state of a sequence. */
        EXPORT,
        /** To forget a sequence. */
        FREE,
        /** To feed tokens. */
        FORWARD,
        /** To turn a text into a vector. */
        ENCODE
    }

    /** What the child says. */
    enum Say {
        /** That it lives and computes. */
        ALIVE,
        /** How far loading is. */
        PROGRESS,
        /** That it is done; what was asked for follows. */
        DONE,
        /** That it cannot be done; the kind of failure and a sentence follow. */
        FAILED
    }

    /** How something failed, as an exception of the same type at the other end. */
    enum Failure {
        /** {@link dev.millrace.spi.backend.OutOfRoomException}. */
        ROOM,
        /** {@link dev.millrace.api.BackendException}, and whatever else a backend may throw. */
        BACKEND,
        /** {@link IllegalArgumentException}. */
        ARGUMENT,
        /** {@link IllegalStateException}. */
        STATE,
        /** {@link UnsupportedOperationException}. */
        UNSUPPORTED
    }
}
