/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import java.net.URI;
import java.util.Optional;

/**
 * Where the broker is, and how this client presents itself.
 *
 * @param address begins with {@code mqtt} or {@code mqtts}, and has a port
 * @param client the name of this client, under which the broker keeps what it has missed
 * @param user for brokers that ask for one
 * @param password for brokers that ask for one
 * @param tls how the connection is encrypted; empty for {@code mqtt}
 * @param status the topic that says whether this client is there: {@code online}, or by its last will {@code offline}
 * @param keepAliveSeconds a sign of life is given that often
 * @param sessionSeconds for so long the broker keeps what this client misses
 * @param longestPauseSeconds the longest pause between two attempts to connect
 */
public record Broker(URI address, String client, Optional<String> user, Optional<String> password, Optional<Tls> tls,
        String status, int keepAliveSeconds, int sessionSeconds, int longestPauseSeconds) {

    /** Its address as people read it. */
    public String name() {
        return address.getScheme() + "://" + address.getHost() + ":" + address.getPort();
    }
}
