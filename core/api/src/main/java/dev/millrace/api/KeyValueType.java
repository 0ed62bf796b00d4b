/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * How the keys and values of tokens that were read are kept. They grow with the conversation: fewer bytes make room for a longer
 * one and are read faster, more bytes round less.
 *
 * <p>
 * Minor versions may add values.
 */
public enum KeyValueType {
    /** What the backend finds suitable for model and precision: the default. */
    AUTO,
    /** IEEE single precision: nothing is rounded. */
    F32,
    /** IEEE half precision: half the memory. */
    F16,
    /** 8-bit integers with scales: about a quarter of the memory. */
    Q8
}
