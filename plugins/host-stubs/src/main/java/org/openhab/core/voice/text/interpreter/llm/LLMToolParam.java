/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.interpreter.llm;

import java.util.List;

/** As openHAB has it. */
public final class LLMToolParam {

    private final String name;
    private final LLMToolParamType type;
    private final String description;
    private final List<String> options;
    private final boolean required;

    public LLMToolParam(String name, LLMToolParamType type, String description, List<String> options,
            boolean required) {
        this.name = name;
        this.type = type;
        this.description = description;
        this.options = options;
        this.required = required;
    }

    public String name() {
        return name;
    }

    public LLMToolParamType type() {
        return type;
    }

    public String description() {
        return description;
    }

    public List<String> options() {
        return options;
    }

    public boolean required() {
        return required;
    }
}
