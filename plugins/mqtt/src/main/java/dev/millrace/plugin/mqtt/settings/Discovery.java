/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

/**
 * How Home Assistant finds this client.
 *
 * @param prefix of its topics of discovery
 * @param id of the device, and the beginning of those of its entities
 * @param name of the device
 * @param question the topic where questions arrive
 * @param answer the topic of answers, which are JSON
 */
public record Discovery(String prefix, String id, String name, String question, String answer) {
}
