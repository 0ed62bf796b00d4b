/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for backends, model formats, dialects, samplers and packaged models.
 *
 * <p>
 * A {@link dev.millrace.spi.ModelFormat} turns a file into a {@link dev.millrace.spi.ModelFile} with a
 * {@link dev.millrace.spi.Blueprint}: architectures are data; or with a {@link dev.millrace.spi.Graph}, which a runtime of
 * its own executes. A {@link dev.millrace.spi.Backend} loads such a {@link dev.millrace.spi.Program} into an
 * {@link dev.millrace.spi.Executor}, which runs {@link dev.millrace.spi.Sequence sequences} of tokens. All services are
 * found as OSGi services, or by {@link java.util.ServiceLoader} on a plain class path.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi;
