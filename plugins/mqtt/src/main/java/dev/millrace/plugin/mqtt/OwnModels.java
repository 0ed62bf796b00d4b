/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.mqtt.talk.Models;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Models that are opened for one bridge, in the background, and closed with it. */
final class OwnModels implements Models, AutoCloseable {

    private record Opened(String name, FutureTask<Model> model) {
    }

    private final Millrace millrace;
    private final List<Opened> models;
    private final Thread opener;

    /** Begins to open. */
    OwnModels(Millrace millrace, List<String> references, ModelOptions options) {
        this.millrace = millrace;
        this.models = references.stream()
                .map(name -> new Opened(name, new FutureTask<>(() -> millrace.open(name, options)))).toList();
        this.opener = Thread.ofVirtual().name("millrace-mqtt-models")
                .start(() -> models.forEach(each -> each.model().run()));
    }

    @Override
    public Model model(Optional<String> name) throws InterruptedException {
        Opened wanted = name.isEmpty()
                ? models.getFirst()
                : models.stream().filter(each -> each.name().equals(name.get())).findFirst()
                        .orElseThrow(() -> new MillraceException("There is no model " + name.get() + "; there are "
                                + String.join(", ", models.stream().map(Opened::name).toList()) + "."));
        return get(wanted);
    }

    private static Model get(Opened opened) throws InterruptedException {
        try {
            return opened.model().get();
        } catch (ExecutionException e) {
            throw new MillraceException(
                    String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()),
                    e);
        }
    }

    /** Waits until all are open. */
    void await() throws InterruptedException {
        for (Opened each : models) {
            get(each);
        }
    }

    @Override
    public List<ToolProvider> tools() {
        return millrace.toolProviders();
    }

    @Override
    public void close() {
        models.forEach(each -> each.model().cancel(true));
        boolean interrupted = false;
        try {
            opener.join();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        for (Opened each : models) {
            if (each.model().state() == FutureTask.State.SUCCESS) {
                each.model().resultNow().close();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
