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
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
        return serving().run(workplace, server, command, running -> {
        }, running -> console.result("millrace: ready for " + running.address()));
    }

    private Serving serving() {
        return new Serving(Map.of())
                .with("file", file)
                .with("broker", broker)
                .with("topic", topic)
                .with("answer", answer)
                .with("folder", queue == null ? CacheFolder.ofUser().path().resolve("mqtt") : queue)
                .with("models", models.isEmpty() ? null : String.join("\n", models))
                .with("backend", backend)
                .with("context", context);
    }
}
