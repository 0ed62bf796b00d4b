/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.Label;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Constant vectors that lie behind the code that reads them, each once. Not safe for use from several threads. */
public final class Constants {

    private final Assembly code;
    private final int lanes;
    private final Map<List<Integer>, Label> labels = new LinkedHashMap<>();

    /**
     * Begins with none.
     *
     * @param bytes of a vector
     */
    public Constants(Assembly code, int bytes) {
        this.code = code;
        lanes = bytes / Integer.BYTES;
    }

    /** Where the vector with these lanes will be. */
    public Label of(List<Integer> values) {
        return labels.computeIfAbsent(values, none -> code.label());
    }

    /** Where the vector with this value in every lane will be. */
    public Label of(int value) {
        return of(Collections.nCopies(lanes, value));
    }

    /** Where the vector with this value in every lane will be. */
    public Label of(float value) {
        return of(Float.floatToRawIntBits(value));
    }

    /** Puts them here. */
    public void place() {
        code.align(Integer.BYTES * lanes);
        labels.forEach((values, label) -> {
            code.place(label);
            values.forEach(code::data);
        });
    }
}
