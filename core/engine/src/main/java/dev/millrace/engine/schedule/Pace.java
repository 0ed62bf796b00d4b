/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

/**
 * How many tokens of prompts are read in a pass beside answers that are being generated. They hold these up: a pass may take as long as is
 * wanted between two tokens, or twice as long as one without prompts if that is more. It learns from each pass what tokens take. For the
 * scheduler's thread alone.
 */
final class Pace {

    /** A prompt goes on, however slow the machine is. */
    private static final int LEAST = 8;
    /** As long as nothing is known. */
    private static final int FIRST = 32;
    private static final double NEW = 0.2;

    private final long wanted;
    /** Nanoseconds of a pass that generates alone, and of each further token of a prompt; 0 if not known. */
    private double decode;
    private double each;

    /**
     * Nothing is known.
     *
     * @param wanted nanoseconds between two tokens of an answer, or 0 for twice the usual time
     */
    Pace(long wanted) {
        this.wanted = wanted;
    }

    /**
     * Tokens of prompts for the next pass.
     *
     * @param most that the executor takes
     * @param answers that are being generated, in that pass or beside it
     */
    int tokens(int most, int answers) {
        if (answers == 0) {
            return most;
        }
        if (decode == 0 || each == 0) {
            return Math.min(most, FIRST);
        }
        double time = Math.max((double) wanted, 2 * decode) - decode;
        return (int) Math.clamp(time / each, Math.min(LEAST, most), most);
    }

    /** A pass is done. */
    void done(int answers, int ofPrompts, long nanos) {
        if (ofPrompts == 0) {
            decode = learn(decode, (double) nanos);
        } else if (answers > 0 && decode > 0) {
            each = learn(each, Math.max(1, (nanos - decode) / ofPrompts));
        }
    }

    private static double learn(double known, double seen) {
        return known == 0 ? seen : known + NEW * (seen - known);
    }
}
