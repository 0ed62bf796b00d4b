/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What the machine offers: processors, memory, limits of a container, the folder for caches. The only place that asks. Files that
 * appear on its disk as a whole or not at all.
 */
@org.osgi.annotation.versioning.Version("0.1.0")
@org.jspecify.annotations.NullMarked
package dev.millrace.machine;
