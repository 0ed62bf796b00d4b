/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.tool;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What was last published at topics. For any thread. */
public final class States {

    private static final int MOST = 100_000;

    private final Map<String, State> states = new ConcurrentHashMap<>();

    /**
     * What was last published.
     *
     * @param payload its bytes
     * @param at when it arrived, in milliseconds since 1970
     * @param retained whether it was published before that, nobody knows when
     */
    @SuppressWarnings("ArrayRecordComponent") // owned by the map, never compared
    record State(byte[] payload, long at, boolean retained) {
    }

    /** Takes a message; one without bytes says that there is nothing any more. */
    public void put(String topic, byte[] payload, long at, boolean retained) {
        if (payload.length == 0) {
            states.remove(topic);
        } else if (states.containsKey(topic) || states.size() < MOST) {
            states.put(topic, new State(payload, at, retained));
        }
    }

    Optional<State> get(String topic) {
        return Optional.ofNullable(states.get(topic));
    }

    /** Topics of which something is known, in alphabetical order. */
    List<String> topics() {
        return states.keySet().stream().sorted(Comparator.naturalOrder()).toList();
    }
}
