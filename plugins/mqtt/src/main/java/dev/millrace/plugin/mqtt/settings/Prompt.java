/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import dev.millrace.plugin.mqtt.message.TopicPattern;
import java.util.List;
import java.util.Optional;

/**
 * Messages that a model is asked about.
 *
 * @param topic where they arrive
 * @param share the group of clients of which one gets each message
 * @param template what the model is asked; has names in braces
 * @param system what the model is told of its place and task
 * @param answer the topic of answers to messages that want theirs nowhere else; may have the named levels of the topic
 * @param calls the topic that tells of calls of tools
 * @param json whether an answer is an object with all there is to say, else its text
 * @param tools names of providers whose tools the model is told of
 * @param model by name; empty takes the first
 * @param maxTokens the most that an answer may have
 * @param seconds the longest that an answer may take
 * @param maxBytes the longest message that is read
 * @param debounceSeconds a message waits that long for a newer one of the same topic, which takes its place
 * @param perMinute so many are asked in a minute; 0 for as many as come
 * @param repeatSeconds for so long a request with the same correlation data is the same request
 */
public record Prompt(TopicPattern topic, Optional<String> share, String template, Optional<String> system,
        Optional<TopicPattern> answer, Optional<TopicPattern> calls, boolean json, List<String> tools,
        Optional<String> model, int maxTokens, int seconds, int maxBytes, int debounceSeconds, int perMinute,
        int repeatSeconds) {

    /** Copies the list. */
    public Prompt {
        tools = List.copyOf(tools);
    }

    /** What a broker is asked for. */
    public String filter() {
        return share.map(group -> "$share/" + group + "/").orElse("") + topic.filter();
    }

    /** Whether the newest message of a topic takes the place of those that wait. */
    public boolean keepsNewest() {
        return debounceSeconds > 0 || perMinute > 0;
    }
}
