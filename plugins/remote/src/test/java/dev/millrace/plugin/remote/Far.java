/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A runtime with a model of a server, under a name of its own. */
final class Far implements AutoCloseable {

    private static final AtomicInteger COUNT = new AtomicInteger();

    final FarServer server;
    final String name = "far" + COUNT.incrementAndGet();
    private final List<String> properties = new ArrayList<>();
    private final Millrace millrace = Millrace.start();
    final Model model;

    /**
     * Opens it.
     *
     * @param settings pairs of name and value
     */
    Far(FarServer server, String... settings) {
        this.server = server;
        set("url", server.url());
        for (int i = 0; i < settings.length; i += 2) {
            set(settings[i], settings[i + 1]);
        }
        model = millrace.open("remote:" + name);
    }

    private void set(String key, String value) {
        String property = "millrace.remote." + name + "." + key;
        properties.add(property);
        System.setProperty(property, value);
    }

    /** One question in a conversation of its own. */
    List<Event> ask(String question) {
        try (Conversation conversation = model.conversation().start();
                Generation generation = conversation.send(question)) {
            return events(generation);
        }
    }

    static List<Event> events(Generation generation) {
        List<Event> events = new ArrayList<>();
        generation.forEach(events::add);
        return events;
    }

    static String text(List<Event> events) {
        StringBuilder text = new StringBuilder();
        for (Event event : events) {
            if (event instanceof Event.Text piece) {
                text.append(piece.text());
            }
        }
        return text.toString();
    }

    static List<Event.AnsweredBy> answeredBy(List<Event> events) {
        return events.stream().filter(Event.AnsweredBy.class::isInstance).map(Event.AnsweredBy.class::cast).toList();
    }

    @Override
    public void close() throws IOException {
        server.close();
        millrace.close();
        properties.forEach(System::clearProperty);
    }
}
