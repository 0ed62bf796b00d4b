/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura.ai.inference;

import java.util.List;
import java.util.Optional;

/** As Kura has it. */
public class Tensor {

    private final TensorDescriptor descriptor;
    private final Class<?> type;
    private final List<?> data;

    public <T> Tensor(Class<T> type, TensorDescriptor descriptor, List<T> data) {
        this.type = type;
        this.descriptor = descriptor;
        this.data = data;
    }

    public TensorDescriptor getDescriptor() {
        return descriptor;
    }

    @SuppressWarnings("unchecked")
    public <T> Optional<List<T>> getData(Class<T> wanted) {
        return type.equals(wanted) ? Optional.of((List<T>) data) : Optional.empty();
    }

    public Class<?> getType() {
        return type;
    }
}
