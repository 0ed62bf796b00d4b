/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura.ai.inference;

import java.util.List;

/** As Kura has it, with what plugins need. */
public class TensorDescriptor {

    private final String name;
    private final String type;
    private final List<Long> shape;

    protected TensorDescriptor(String name, String type, List<Long> shape) {
        this.name = name;
        this.type = type;
        this.shape = shape;
    }

    public String getName() {
        return name;
    }

    public String getType() {
        return type;
    }

    public List<Long> getShape() {
        return shape;
    }
}
