/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import java.util.Map;

/** Settings for tests: what is wrong fails. */
final class TestSettings {

    private TestSettings() {
    }

    static OnnxSettings of(Map<String, String> values) {
        return OnnxSettings.of(values, complaint -> {
            throw new IllegalArgumentException(complaint);
        });
    }
}
