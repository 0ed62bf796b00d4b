/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.mqtt.broker.PahoWire;
import dev.millrace.plugin.mqtt.settings.Settings;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/**
 * Offers models at topics of a broker. Settings: {@code file}, or {@code broker}, {@code topic}, {@code answer} and {@code folder};
 * {@code models} on lines, {@code backend}, {@code context} and {@code threads}.
 */
@Component
public final class MqttServer implements ModelServer {

    private static final String DEFAULT_MODEL = "nano";
    private static final Set<String> NAMES = Set.of("file", "broker", "topic", "answer", "folder", "models", "backend",
            "context", "threads");

    /** Made by Declarative Services or the service loader. */
    public MqttServer() {
        // nothing to set up
    }

    @Override
    public String protocol() {
        return "mqtt";
    }

    @Override
    public Running start(Millrace millrace, Map<String, String> given) {
        for (String name : given.keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("MQTT has no setting " + name + ".");
            }
        }
        List<String> models = Arrays.stream(given.getOrDefault("models", "").split("\n", -1))
                .filter(line -> !line.isBlank()).toList();
        Settings settings = settings(given);
        List<String> wanted = models.isEmpty() ? settings.models() : models;
        OwnModels own = new OwnModels(millrace, wanted.isEmpty() ? List.of(DEFAULT_MODEL) : wanted, options(given));
        boolean done = false;
        try {
            Bridge bridge = new Bridge(settings, new PahoWire(settings.broker()), own, InstantSource.system());
            bridge.start();
            done = true;
            return new Started(bridge, own, settings.broker().address());
        } finally {
            if (!done) {
                own.close();
            }
        }
    }

    private static Settings settings(Map<String, String> given) {
        String file = given.getOrDefault("file", "");
        if (!file.isEmpty()) {
            if (given.containsKey("broker") || given.containsKey("topic") || given.containsKey("answer")) {
                throw new IllegalArgumentException("broker, topic and answer stand in the file: give either.");
            }
            return SettingsFile.read(Path.of(file));
        }
        String broker = given.getOrDefault("broker", "");
        if (broker.isEmpty()) {
            throw new IllegalArgumentException(
                    "A broker is missing: give its address, such as mqtt://127.0.0.1:1883, or a file of settings.");
        }
        return SettingsFile.simple(Path.of(given.getOrDefault("folder", "mqtt-queue")), broker,
                given.getOrDefault("topic", "millrace/ask"), given.getOrDefault("answer", "millrace/answer"),
                List.of());
    }

    private static ModelOptions options(Map<String, String> given) {
        ModelOptions options = ModelOptions.defaults();
        String backend = given.getOrDefault("backend", "");
        return (backend.isEmpty() ? options : options.withBackend(backend)).withContext(number(given, "context"))
                .withThreads(number(given, "threads"));
    }

    private static int number(Map<String, String> given, String name) {
        String text = given.getOrDefault(name, "0");
        if (!text.matches("\\d{1,9}")) {
            throw new IllegalArgumentException(name + " must be a whole number, and is " + text + ".");
        }
        return Integer.parseInt(text);
    }

    /** A bridge that runs, with models of its own. */
    private record Started(Bridge bridge, OwnModels models, URI address) implements Running {

        @Override
        public void awaitReady() throws InterruptedException {
            models.await();
        }

        @Override
        public void close() {
            bridge.close();
            models.close();
        }
    }
}
