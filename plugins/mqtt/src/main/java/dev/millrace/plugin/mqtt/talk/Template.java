/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.talk;

import dev.millrace.plugin.mqtt.store.Question;
import dev.millrace.plugin.mqtt.tool.Payload;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the words that a model is asked of a message. */
final class Template {

    private static final Pattern NAME = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]*)(?:\\.([^{}]+))?}");

    private Template() {
    }

    static String fill(Question question, Payload payload) {
        Matcher matcher = NAME.matcher(question.prompt().template());
        StringBuilder text = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(1);
            String path = matcher.group(2);
            String value = switch (name) {
                case "payload" -> path == null
                        ? payload.text()
                        : payload.at(path).map(Object::toString).orElse("unknown");
                case "topic" -> question.topic();
                case "time" -> Instant.ofEpochMilli(question.arrived()).toString();
                default -> question.levels().getOrDefault(name, "unknown");
            };
            matcher.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(text).toString();
    }
}
