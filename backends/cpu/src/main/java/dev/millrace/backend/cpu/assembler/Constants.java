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
    /** Those with the same value in every lane: to look them up as lists takes long while that is not compiled. */
    private final Map<Integer, Label> alike = new LinkedHashMap<>();

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
        return of(labels, values);
    }

    /** Where the vector with this value in every lane will be. */
    public Label of(int value) {
        return of(alike, value);
    }

    /** No lambda, nor in the methods below: to link one takes half a millisecond, when the first code is made. */
    private <K> Label of(Map<K, Label> known, K key) {
        Label label = known.get(key);
        if (label == null) {
            label = code.label();
            known.put(key, label);
        }
        return label;
    }

    /** Where the vector with this value in every lane will be. */
    public Label of(float value) {
        return of(Float.floatToRawIntBits(value));
    }

    /** Puts them here. */
    public void place() {
        code.align(Integer.BYTES * lanes);
        for (Map.Entry<Integer, Label> entry : alike.entrySet()) {
            place(entry.getValue(), Collections.nCopies(lanes, entry.getKey()));
        }
        for (Map.Entry<List<Integer>, Label> entry : labels.entrySet()) {
            place(entry.getValue(), entry.getKey());
        }
    }

    private void place(Label label, List<Integer> values) {
        code.place(label);
        for (int value : values) {
            code.data(value);
        }
    }
}
