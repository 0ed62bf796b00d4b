/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Contract tests, one class to extend for each kind of plugin: {@link dev.millrace.tck.BackendContract} and
 * {@link dev.millrace.tck.ParityContract} for backends, {@link dev.millrace.tck.ArchitectureContract},
 * {@link dev.millrace.tck.ModelFormatContract}, {@link dev.millrace.tck.ModelSourceContract} and
 * {@link dev.millrace.tck.PackagedModelContract} for models, {@link dev.millrace.tck.DialectContract} and
 * {@link dev.millrace.tck.SamplerStageContract} for text, {@link dev.millrace.tck.ToolProviderContract} and
 * {@link dev.millrace.tck.ToolGuardContract} for tools. {@link dev.millrace.tck.BundleContract} is for all of them: it tries the
 * plugin's bundle inside a framework.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.tck;
