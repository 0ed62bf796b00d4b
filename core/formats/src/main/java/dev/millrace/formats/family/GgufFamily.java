/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Architecture;

/** A family that can also be written as GGUF. */
public interface GgufFamily extends Architecture {

    /**
     * How its files differ from what most families write.
     *
     * @return the layout
     */
    GgufLayout layout();
}
