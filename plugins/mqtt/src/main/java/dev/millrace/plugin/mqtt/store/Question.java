/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import dev.millrace.plugin.mqtt.message.TopicPattern;
import dev.millrace.plugin.mqtt.settings.Prompt;
import java.util.Map;
import java.util.Optional;

/**
 * A message that is to be asked about.
 *
 * @param number in the inbox
 * @param prompt says how
 * @param topic where it was published
 * @param payload its bytes; owned by this object
 * @param responseTopic where an answer is wanted
 * @param correlation what the answer has to bring back
 * @param arrived when, in milliseconds since 1970
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Question(long number, Prompt prompt, String topic, byte[] payload, Optional<String> responseTopic,
        Optional<byte[]> correlation, long arrived) {

    /**
     * What tells a request from others: one that has the same correlation data and says the same is the same, for a while.
     *
     * @return empty if it has none, or each counts for itself
     */
    public Optional<String> key() {
        return correlation.filter(data -> data.length > 0 && prompt.repeatSeconds() > 0).map(data -> Digest
                .of(prompt.topic().toString(), topic, responseTopic.orElse(""), data, payload));
    }

    /** The named levels of its topic. */
    public Map<String, String> levels() {
        return prompt.topic().match(topic).orElse(Map.of());
    }

    /** Where its answer goes; empty if nobody wants it. */
    public Optional<String> answerTopic() {
        return responseTopic.or(() -> prompt.answer().map(this::fill));
    }

    /** Where its calls of tools go. */
    public Optional<String> callsTopic() {
        return prompt.calls().map(this::fill);
    }

    private String fill(TopicPattern pattern) {
        return pattern.fill(levels());
    }
}
