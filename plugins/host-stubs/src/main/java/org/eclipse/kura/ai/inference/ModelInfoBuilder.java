/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura.ai.inference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** As Kura has it, with what plugins need: a platform and a version are needed, though nothing says so. */
public class ModelInfoBuilder {

    private final String name;
    private Optional<String> platform = Optional.empty();
    private Optional<String> version = Optional.empty();
    private final Map<String, Object> parameters = new HashMap<>();
    private final List<TensorDescriptor> inputs = new ArrayList<>();
    private final List<TensorDescriptor> outputs = new ArrayList<>();

    private ModelInfoBuilder(String name) {
        this.name = name;
    }

    public static ModelInfoBuilder builder(String name) {
        return new ModelInfoBuilder(name);
    }

    public ModelInfoBuilder platform(String given) {
        platform = Optional.of(given);
        return this;
    }

    public ModelInfoBuilder version(String given) {
        version = Optional.of(given);
        return this;
    }

    public ModelInfoBuilder addParameter(String key, Object value) {
        parameters.put(key, value);
        return this;
    }

    public ModelInfoBuilder addInputDescriptor(TensorDescriptor descriptor) {
        inputs.add(descriptor);
        return this;
    }

    public ModelInfoBuilder addOutputDescriptor(TensorDescriptor descriptor) {
        outputs.add(descriptor);
        return this;
    }

    public ModelInfo build() {
        return new ModelInfo(name, platform.orElseThrow(), version.orElseThrow(), parameters, inputs, outputs);
    }
}
