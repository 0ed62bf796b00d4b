/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

/**
 * Activations on the device in the forms that kernels multiply, side by side.
 *
 * @param floats address of the floats, or 0
 * @param codes address of bytes, a scale for each 32 of them, or 0
 * @param scales address of pairs (scale, scale times sum of the codes), or 0 if there are no codes
 * @param halves address of bfloat16, or 0
 */
record Values(long floats, long codes, long scales, long halves) {

    static final int FLOATS = 1;
    static final int CODES = 2;
    static final int HALVES = 4;
}
