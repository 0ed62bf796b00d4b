/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What a person sets, and the file in which it stands. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mqtt.settings;
