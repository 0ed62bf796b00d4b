/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PayloadTest {

    private static Payload payload(String text) {
        return Payload.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void bytesThatAreNoTextAreMarked() {
        assertEquals("a\ufffdb", Payload.of(new byte[]{'a', (byte) 0xff, 'b'}).text());
    }

    /** An escape of JSON brings in nothing that the same character would not. */
    @Test
    void escapesAreMadeFitAsWell() {
        Payload payload = payload("""
                {"state": "on\\u001b[2J\\u202e\\ud83d", "k\\u0007": {"deep": "\\u200b\\udc00x"}}""");
        assertEquals(Optional.of("on[2J\ufffd"), payload.at("state"));
        assertEquals(Optional.of("\ufffdx"), payload.at("k\u0007.deep"));
        assertEquals(Map.of("state", "on[2J\ufffd", "k", "{\"deep\":\"\ufffdx\"}"), payload.fields());
        assertEquals("\u00e9\ud83d\ude00", payload("\"\\u00e9\\ud83d\\ude00\"").value());
    }
}
