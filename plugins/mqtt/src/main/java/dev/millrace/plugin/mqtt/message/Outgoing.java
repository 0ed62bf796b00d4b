/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.message;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A message to be published.
 *
 * @param topic where
 * @param payload its bytes; owned by this object
 * @param retain whether the broker keeps it for those who come later
 * @param correlation what the question brought along
 * @param properties user properties, in this order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Outgoing(String topic, byte[] payload, boolean retain, Optional<byte[]> correlation,
        Map<String, String> properties) {

    /** Copies the map. */
    public Outgoing {
        properties = new LinkedHashMap<>(properties);
    }

    /** Text without further properties. */
    public static Outgoing text(String topic, String text, boolean retain) {
        return new Outgoing(topic, text.getBytes(StandardCharsets.UTF_8), retain, Optional.empty(), Map.of());
    }
}
