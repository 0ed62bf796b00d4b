/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

/** How a sequence was before a pass, in case nobody wants the pass any more. Used again for every pass. */
public final class Checkpoint {

    private final float[][] columns;
    private int length;
    private int floor;

    /** Remembers nothing yet. */
    public Checkpoint(int layers) {
        columns = new float[layers][0];
    }

    /** Remembers a sequence. Its pages need no copy: a pass writes behind its length only. */
    public void take(CpuSequence sequence) {
        length = sequence.length();
        floor = sequence.columnsFloor();
        for (int i = 0; i < columns.length; i++) {
            float[] now = sequence.columns(i);
            if (columns[i].length != now.length) {
                columns[i] = new float[now.length];
            }
            System.arraycopy(now, 0, columns[i], 0, now.length);
        }
    }

    /** Makes the sequence that was remembered last what it was. */
    public void goBack(CpuSequence sequence) {
        for (int i = 0; i < columns.length; i++) {
            System.arraycopy(columns[i], 0, sequence.columns(i), 0, columns[i].length);
        }
        sequence.goBack(length, floor);
    }
}
