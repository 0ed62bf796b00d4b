/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicPatternTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            home/{room}/{quantity},  home/+/+,  home/cellar/humidity,  '{room=cellar, quantity=humidity}'
            home/{room}/{quantity},  home/+/+,  home/cellar,           none
            home/{room},             home/+,    home/,                 '{room=}'
            home/{room},             home/+,    home/a/b,              none
            a/#,                     a/#,       a,                     {}
            a/#,                     a/#,       a/b/c,                 {}
            a/+/c,                   a/+/c,     a/b/c,                 {}
            '#',                     '#',       $SYS/x,                none
            /{x},                    /+,        /y,                    {x=y}
            a,                       a,         A,                     none
            """)
    void topics(String pattern, String filter, String topic, String match) {
        assertEquals(filter, TopicPattern.of(pattern).filter());
        assertEquals(match, TopicPattern.of(pattern).match(topic).map(Map::toString).orElse("none"));
    }

    @Test
    void aValueIsOneLevel() {
        TopicPattern pattern = TopicPattern.of("home/{room}/set");
        assertEquals("home/cellar/set", pattern.fill(Map.of("room", "cellar")));
        for (String wrong : new String[]{"", "a/b", "+", "#", "a\u0000", "a\n", "x".repeat(300)}) {
            assertThrows(IllegalArgumentException.class, () -> pattern.fill(Map.of("room", wrong)));
        }
        assertEquals(Optional.empty(), pattern.match("home/set"));
    }
}
