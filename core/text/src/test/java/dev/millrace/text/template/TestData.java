/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import dev.millrace.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** Fixtures of the template tests. */
final class TestData {

    private TestData() {
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(TestData.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<?, ?> language() {
        return (Map<?, ?>) Objects.requireNonNull(Json.parse(resource("language.json")));
    }

    @SuppressWarnings("unchecked")
    static Map<String, ?> variables() {
        return (Map<String, ?>) Objects.requireNonNull(language().get("variables"));
    }
}
