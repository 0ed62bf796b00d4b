/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for backends.
 *
 * <p>
 * A {@link dev.millrace.spi.backend.Backend} loads a {@link dev.millrace.spi.model.Program} into an
 * {@link dev.millrace.spi.backend.Executor}, which runs {@link dev.millrace.spi.backend.Sequence sequences} of tokens. Backends
 * are found as OSGi services, or by {@link java.util.ServiceLoader} on a plain class path.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi.backend;
