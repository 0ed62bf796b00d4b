/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelServer;
import dev.millrace.machine.CacheFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks models what arrives at topics of a broker until it is interrupted. */
@Command(name = "mqtt", description = {"Ask a model what arrives at topics of an MQTT broker, and publish its answers.",
        "Runs until it is interrupted. Beside serve, a file of configuration does the same: docs/mqtt.md."}, sortOptions = false)
final class MqttCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec command;

    @Parameters(arity = "0..1", paramLabel = "FILE.json", description = "Settings, as docs/mqtt.md shows them; or give a broker.")
    @Nullable
    Path file;

    @Option(names = "--broker", paramLabel = "URL", description = "The broker, such as mqtt://127.0.0.1:1883.")
    @Nullable
    String broker;

    @Option(names = "--topic", paramLabel = "TOPIC", description = "Where questions arrive; millrace/ask if not given.")
    @Nullable
    String topic;

    @Option(names = "--answer", paramLabel = "TOPIC", description = "Where answers go to questions without a response topic; millrace/answer if not given.")
    @Nullable
    String answer;

    @Option(names = "--queue", paramLabel = "FOLDER", description = "Where messages are kept that wait; in the cache folder if not given.")
    @Nullable
    Path queue;

    @Option(names = {"-m",
            "--model"}, paramLabel = "REF", description = "A model; may be given several times, the first is for prompts that name none. nano if not given.")
    List<String> models = new ArrayList<>();

    @Option(names = "--pull", description = "Fetch models that are not on this machine.")
    boolean pull;

    @Option(names = "--backend", paramLabel = "ID", description = "A backend or device, such as cpu; the best that fits if not given.")
    @Nullable
    String backend;

    @Option(names = "--context", paramLabel = "TOKENS", description = "Tokens that a conversation may hold; as many as the model takes if not given.")
    @Nullable
    Integer context;

    MqttCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        ModelServer server = workplace.server("mqtt").orElseThrow(() -> new MillraceException(
                "MQTT is not present: add the bundle dev.millrace.plugin.mqtt to the folder of bundles."));
        Console console = workplace.console();
        models.forEach(reference -> workplace.fetching().provide(reference, pull));
        try (ModelServer.Running running = start(server)) {
            running.awaitReady();
            console.result("millrace: ready for " + running.address());
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Ctrl-C or kill: the end that is meant
        }
        return ExitCode.DONE;
    }

    private ModelServer.Running start(ModelServer server) {
        try {
            return server.start(workplace.engine(), settings());
        } catch (IllegalArgumentException e) {
            if (command == null) {
                throw e;
            }
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        put(settings, "file", file);
        put(settings, "broker", broker);
        put(settings, "topic", topic);
        put(settings, "answer", answer);
        put(settings, "folder", queue == null ? CacheFolder.ofUser().path().resolve("mqtt") : queue);
        put(settings, "models", models.isEmpty() ? null : String.join("\n", models));
        put(settings, "backend", backend);
        put(settings, "context", context);
        return settings;
    }

    private static void put(Map<String, String> settings, String name, @Nullable Object value) {
        if (value != null) {
            settings.put(name, value.toString());
        }
    }
}
