/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Asks a model and writes what it answers. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mqtt.talk;
