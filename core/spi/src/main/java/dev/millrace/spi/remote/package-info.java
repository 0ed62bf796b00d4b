/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contracts for whole models that run elsewhere: on an engine that is reached over a network. Services are found as OSGi services, or
 * by {@link java.util.ServiceLoader} on a plain class path.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.spi.remote;
