/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {

    private static final Path FILE = Path.of("/etc/house/mqtt.json");

    @Test
    void defaults() {
        Settings settings = SettingsFile.read(FILE,
                "{\"broker\": {\"url\": \"mqtt://broker\"}, \"prompts\": [{\"topic\": \"ask/{room}\"}]}");
        assertEquals("mqtt://broker:1883", settings.broker().name());
        assertEquals(Path.of("/etc/house/mqtt-queue"), settings.folder());
        assertTrue(settings.broker().client().matches("millrace-[0-9a-f]{10}"), settings.broker().client());
        assertEquals("millrace/" + settings.broker().client() + "/status", settings.broker().status());
        assertEquals("ask/+", settings.prompts().getFirst().filter());
        assertEquals("{payload}", settings.prompts().getFirst().template());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', textBlock = """
            []                                                     | must hold one object in braces.
            {"broker": {}, "broker": {}}                           | is not JSON: Duplicate field 'broker' (line 1).
            {}                                                     | broker is missing: give it at least a url, such as mqtt://127.0.0.1:1883.
            {"broker": {"url": "tcp://x"}, "prompts": []}          | broker.url is tcp://x: write mqtt://HOST:PORT or mqtts://HOST:PORT, and user and password as settings of their own.
            {"broker": {"url": "mqtt://x", "prot": 1}, "prompts": []} | broker has no setting prot; it has client, keepAliveSeconds, longestPauseSeconds, password, passwordFile, sessionSeconds, status, tls, url, user.
            {"broker": {"url": "mqtt://x"}}                        | prompts and tools are both empty: say what to ask, or which topics are tools.
            {"broker": {"url": "mqtt://x", "keepAliveSeconds": "a"}, "prompts": []} | broker.keepAliveSeconds must be a whole number from 1 to 65535, and is "a".
            {"broker": {"url": "mqtt://x"}, "prompts": [{}]}       | prompts[0].topic is missing.
            {"broker": {"url": "mqtt://x"}, "prompts": [{"topic": "a/#/b"}]} | prompts[0].topic may have # as its last level only.
            {"broker": {"url": "mqtt://x"}, "prompts": [{"topic": "a{b}"}]} | prompts[0].topic has the level a{b}: a wildcard or a name such as {room} takes a whole level.
            {"broker": {"url": "mqtt://x"}, "prompts": [{"topic": "a", "template": "{room}"}]} | prompts[0].template has {room}; there are payload, time, topic, and {payload.FIELD} for payloads in JSON.
            {"broker": {"url": "mqtt://x"}, "prompts": [{"topic": "a/{b}", "answer": "a/c"}]} | prompts would go round in a circle: what is published at a/c is asked again by the prompt of a/{b}.
            {"broker": {"url": "mqtt://x"}, "tools": [{"name": "t", "description": "d"}]} | tools[0] must have either reads or publishes, with a topic.
            {"broker": {"url": "mqtt://x"}, "tools": [{"name": "t", "description": "d", "reads": "a/+"}]} | tools[0].reads must have names such as {room} in place of wildcards.
            {"broker": {"url": "mqtt://x"}, "tools": [{"name": "t", "description": "d", "publishes": "a", "payload": "1", "approve": true}]} | approval is missing, and a tool has approve: say at which topics a person is asked and answers.
            """)
    void whatIsWrongIsToldWithItsPlaceAndItsCure(String text, String message) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> SettingsFile.read(FILE, text));
        String told = String.valueOf(refused.getMessage());
        assertTrue(told.startsWith(FILE.toString()), told);
        assertEquals(message, told.substring(FILE.toString().length()).replaceFirst("^:? ", ""));
    }
}
