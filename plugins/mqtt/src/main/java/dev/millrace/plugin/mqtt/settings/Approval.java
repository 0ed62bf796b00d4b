/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import dev.millrace.plugin.mqtt.message.TopicPattern;

/**
 * How a person is asked before something is published.
 *
 * @param ask the topic of the question
 * @param answer where {@code yes} or {@code no} is awaited; has the named level {@code id}
 * @param seconds for so long; then it is no
 */
public record Approval(String ask, TopicPattern answer, int seconds) {
}
