/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The tensors of a model file by name. Keeps track of which were asked for: those that nobody takes are passed over and listed
 * for people. For one thread, during {@link Architecture#read}; the tensors are usable as long as their file is open.
 */
@ProviderType
public interface Weights {

    /**
     * Whether there is a tensor.
     *
     * @param name its name
     * @return true if there is
     */
    boolean has(String name);

    /**
     * Rows of a tensor, to learn a size that no key states.
     *
     * @param name its name
     * @return the product of all dimensions but the last
     * @throws dev.millrace.api.ModelFormatException if there is none
     */
    long rows(String name);

    /**
     * A tensor of a certain shape.
     *
     * @param name its name
     * @param shape slowest dimension first; dimensions of 1 do not count
     * @return the tensor, with the last dimension as columns
     * @throws dev.millrace.api.ModelFormatException if it is missing or has another shape
     */
    Tensor take(String name, long... shape);

    /**
     * A small tensor (norm, bias, router, kernel) as F32 whatever the file has.
     *
     * @param name its name
     * @param shape as in {@link #take}
     * @return the tensor in F32
     * @throws dev.millrace.api.ModelFormatException if it is missing or has another shape
     */
    Tensor takeFloats(String name, long... shape);
}
