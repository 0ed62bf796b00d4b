/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What is counted and measured of models, and the events that Java's flight recorder keeps. */
@org.jspecify.annotations.NullMarked
package dev.millrace.engine.observe;
