/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Built-ins by name: filters, tests and functions of Jinja2 and of Hugging Face transformers.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.text.template.builtin;
