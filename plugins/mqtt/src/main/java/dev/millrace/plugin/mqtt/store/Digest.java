/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A short text that differs wherever something of a message differs. */
final class Digest {

    private static final int BYTES = 16;

    private Digest() {
    }

    static String of(String pattern, String topic, String responseTopic, byte[] correlation, byte[] payload) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : List.of(pattern.getBytes(StandardCharsets.UTF_8),
                    topic.getBytes(StandardCharsets.UTF_8), responseTopic.getBytes(StandardCharsets.UTF_8),
                    correlation, payload)) {
                digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.length));
                digest.update(part);
            }
            return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
