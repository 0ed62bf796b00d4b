/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.quantise;

import dev.millrace.spi.model.TensorType;

/**
 * What became of a tensor.
 *
 * @param name in the file
 * @param from its type before
 * @param to its type now
 * @param values how many
 * @param bytes how many it takes now
 * @param error root mean square of what was lost, over the root mean square of the values; 0 if it was copied
 */
public record TensorReport(String name, TensorType from, TensorType to, long values, long bytes, double error) {
}
