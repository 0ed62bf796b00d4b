/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import dev.millrace.plugin.mqtt.message.TopicPattern;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Topics as a tool. The named levels of the topic are its arguments. */
public sealed interface TopicTool {

    /** Its name. */
    String name();

    /** What a model is told of it. */
    String description();

    /** Its topics. */
    TopicPattern topic();

    /** The values that an argument may have; an argument that is absent may have any. */
    Map<String, List<String>> choices();

    /**
     * Tells what was last published.
     *
     * @param value the path of the value in a payload that is JSON, such as {@code sensor.temperature}; empty for all of it
     * @param unit of the value
     * @param staleSeconds a value that is older is told with its age; 0 never
     */
    record Read(String name, String description, TopicPattern topic, Map<String, List<String>> choices, String value,
            Optional<String> unit, int staleSeconds) implements TopicTool {
    }

    /**
     * Publishes.
     *
     * @param payload what; has names in braces, which are arguments, too
     * @param retain whether the broker keeps it
     * @param approve whether a person is asked before
     */
    record Publish(String name, String description, TopicPattern topic, Map<String, List<String>> choices,
            String payload, boolean retain, boolean approve) implements TopicTool {
    }
}
