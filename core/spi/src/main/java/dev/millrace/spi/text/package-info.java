/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for the text of a model family: how it writes thinking and tool calls, and what changes logits before a token is
 * chosen. Services are found as OSGi services, or by {@link java.util.ServiceLoader} on a plain class path.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi.text;
