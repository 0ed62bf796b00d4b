/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Starts an OSGi framework with the bundles of a folder and runs the command line that they offer. Stands on the class path
 * beside a framework; uses nothing of a particular one.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.launcher.boot;
