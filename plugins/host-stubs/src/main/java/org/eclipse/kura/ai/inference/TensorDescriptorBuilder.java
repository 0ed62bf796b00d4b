/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura.ai.inference;

import java.util.List;

/** As Kura has it, with what plugins need. */
public class TensorDescriptorBuilder {

    private final String name;
    private final String type;
    private final List<Long> shape;

    private TensorDescriptorBuilder(String name, String type, List<Long> shape) {
        this.name = name;
        this.type = type;
        this.shape = shape;
    }

    public static TensorDescriptorBuilder builder(String name, String type, List<Long> shape) {
        return new TensorDescriptorBuilder(name, type, shape);
    }

    public TensorDescriptor build() {
        return new TensorDescriptor(name, type, shape);
    }
}
