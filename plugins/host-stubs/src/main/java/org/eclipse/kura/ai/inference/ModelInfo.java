/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura.ai.inference;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** As Kura has it. */
public class ModelInfo {

    private final String name;
    private final String platform;
    private final String version;
    private final Map<String, Object> parameters;
    private final List<TensorDescriptor> inputs;
    private final List<TensorDescriptor> outputs;

    protected ModelInfo(String name, String platform, String version, Map<String, Object> parameters,
            List<TensorDescriptor> inputs, List<TensorDescriptor> outputs) {
        this.name = name;
        this.platform = platform;
        this.version = version;
        this.parameters = parameters;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    public String getName() {
        return name;
    }

    public Optional<String> getPlatform() {
        return Optional.of(platform);
    }

    public Optional<String> getVersion() {
        return Optional.of(version);
    }

    public Map<String, Object> getParameters() {
        return parameters;
    }

    public List<TensorDescriptor> getInputs() {
        return inputs;
    }

    public List<TensorDescriptor> getOutputs() {
        return outputs;
    }
}
