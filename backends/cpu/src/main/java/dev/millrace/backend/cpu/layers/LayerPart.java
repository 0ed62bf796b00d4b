/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

/** A mixer or feed-forward of one layer: reads {@link Buffers#normed} and writes {@link Buffers#output}. */
interface LayerPart {

    /** Computes all tokens of a micro-batch. */
    void run(MicroBatch batch);
}
