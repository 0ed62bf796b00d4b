/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What plugins share that serve over HTTP: exchanges, limits, access and streams without knowledge of models, and the contract by
 * which a plugin adds paths to the server: {@link dev.millrace.plugin.http.ServerExtension}.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.http;
