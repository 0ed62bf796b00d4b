/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for model files and what they hold.
 *
 * <p>
 * A {@link dev.millrace.spi.model.ModelFormat} turns a file into a {@link dev.millrace.spi.model.ModelFile} with a
 * {@link dev.millrace.spi.model.Blueprint}: architectures are data; or with a {@link dev.millrace.spi.model.Graph}, which a
 * runtime of its own executes. All services are found as OSGi services, or by {@link java.util.ServiceLoader} on a plain class
 * path.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi.model;
