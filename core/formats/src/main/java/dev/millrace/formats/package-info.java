/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Model files: GGUF and safetensors folders, read into {@link dev.millrace.spi.model.ModelFile}s, converted and made up.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.formats;
