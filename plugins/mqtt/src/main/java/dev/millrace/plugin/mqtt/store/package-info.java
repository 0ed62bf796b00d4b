/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What waits on the disk: questions that arrived, and messages that the broker has not taken yet. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mqtt.store;
