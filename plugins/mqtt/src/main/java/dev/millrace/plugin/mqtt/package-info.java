/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** MQTT on both sides: what arrives at topics is asked, answers and calls go to topics, and topics are tools. See docs/mqtt.md. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mqtt;
