/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.settings.Discovery;
import java.util.List;

/**
 * Tells Home Assistant by its MQTT discovery of a device with two entities: a text that takes questions, and a sensor that shows
 * answers. A state has 255 characters at most there, so the whole answer is an attribute.
 */
final class HomeAssistant {

    private static final int LONGEST_STATE = 255;

    private HomeAssistant() {
    }

    /** The messages that announce it. */
    static List<Outgoing> announce(Discovery discovery, String status) {
        ObjectNode question = entity(discovery, status, "question", "Question");
        question.put("command_topic", discovery.question());
        question.put("max", LONGEST_STATE);
        question.put("icon", "mdi:comment-question");
        ObjectNode answer = entity(discovery, status, "answer", "Answer");
        answer.put("state_topic", discovery.answer());
        answer.put("value_template", "{{ (value_json.text | default(value_json.error))[:" + LONGEST_STATE + "] }}");
        answer.put("json_attributes_topic", discovery.answer());
        answer.put("icon", "mdi:comment-text");
        return List.of(config(discovery, "text", "question", question), config(discovery, "sensor", "answer", answer));
    }

    private static ObjectNode entity(Discovery discovery, String status, String id, String name) {
        ObjectNode entity = Json.object();
        entity.put("name", name);
        entity.put("unique_id", discovery.id() + "_" + id);
        entity.put("availability_topic", status);
        entity.put("payload_available", "online");
        entity.put("payload_not_available", "offline");
        ObjectNode device = entity.putObject("device");
        device.putArray("identifiers").add(discovery.id());
        device.put("name", discovery.name());
        device.put("manufacturer", "Millrace");
        ObjectNode origin = entity.putObject("origin");
        origin.put("name", "Millrace");
        return entity;
    }

    private static Outgoing config(Discovery discovery, String component, String id, ObjectNode entity) {
        return Outgoing.text(discovery.prefix() + "/" + component + "/" + discovery.id() + "/" + id + "/config",
                Json.text(entity), true);
    }
}
