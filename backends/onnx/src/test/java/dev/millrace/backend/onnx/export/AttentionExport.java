/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Blueprint;
import java.io.IOException;

/** Exports the part of attention between the projections. */
interface AttentionExport {

    /**
     * What comes out.
     *
     * @param mixed {@code [batch, tokens, heads * headSize]}
     * @param keys past and present, {@code [batch, kvHeads, total, headSize]}
     * @param values past and present, of the same shape
     */
    record Result(String mixed, String keys, String values) {
    }

    /** From {@code [batch, tokens, heads, headSize]} before the rope, and past keys and values. */
    Result apply(Blueprint.Attention a, String q, String k, String v, String pastKeys, String pastValues)
            throws IOException;
}
