/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Checks what a model gives a tool against the whole JSON schema of the tool, by the library json-schema-validator.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-validation">JSON Schema, validation</a>
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.jsonschema;
