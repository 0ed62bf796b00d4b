/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The connection to a broker, which is lost and comes back. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mqtt.broker;
