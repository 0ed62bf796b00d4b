/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.message;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A message that a broker has delivered. Nothing in it can be trusted.
 *
 * @param id of the packet, by which it is acknowledged
 * @param topic where it was published
 * @param payload its bytes; owned by this object
 * @param retained whether it was there before the subscription was
 * @param repeated whether the broker says that it may have delivered it before
 * @param responseTopic where an answer is wanted
 * @param correlation what an answer has to bring back
 * @param subscriptions numbers of the subscriptions that it was delivered for; empty if the broker does not tell
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Incoming(int id, String topic, byte[] payload, boolean retained, boolean repeated,
        Optional<String> responseTopic, Optional<byte[]> correlation, List<Integer> subscriptions) {

    private static final byte[] NONE = {};

    /** Copies the list. */
    public Incoming {
        subscriptions = List.copyOf(subscriptions);
    }

    /** Whether both are deliveries of one message. */
    public boolean same(Incoming other) {
        return id == other.id && topic.equals(other.topic) && Arrays.equals(payload, other.payload)
                && Arrays.equals(correlation.orElse(NONE), other.correlation.orElse(NONE));
    }
}
