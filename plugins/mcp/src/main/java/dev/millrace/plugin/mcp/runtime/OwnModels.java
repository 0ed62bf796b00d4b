/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models that are opened when they are first asked, so that a client does not wait for them at its start. */
public final class OwnModels implements Host, AutoCloseable {

    private final Millrace millrace;
    private final Map<String, String> references = new LinkedHashMap<>();
    private final ModelOptions options;
    private final Map<String, Model> open = new LinkedHashMap<>();
    private boolean closed;

    /**
     * Models of a runtime.
     *
     * @param references what {@link Millrace#open(String)} takes, the first for those who name none
     */
    public OwnModels(Millrace millrace, List<String> references, ModelOptions options) {
        this.millrace = millrace;
        this.options = options;
        references.forEach(reference -> this.references.put(name(reference), reference));
    }

    private static String name(String reference) {
        String file = reference.replaceAll("[/\\\\]+$", "").replaceAll("^.*[/\\\\]", "");
        return file.replaceFirst("\\.(?:gguf|onnx)$", "");
    }

    @Override
    public Millrace millrace() {
        return millrace;
    }

    @Override
    public List<String> models() {
        return List.copyOf(references.keySet());
    }

    @Override
    public synchronized Model model(Optional<String> name) {
        String asked = name.orElseGet(() -> models().getFirst());
        String reference = references.get(asked);
        if (reference == null || closed) {
            throw new ModelNotFoundException("There is no model " + asked + " here; there is "
                    + String.join(", ", references.keySet()) + ".");
        }
        Model model = open.get(asked);
        if (model == null) {
            model = millrace.open(reference, options);
            open.put(asked, model);
        }
        return model;
    }

    @Override
    public synchronized Map<String, Model> open() {
        return new LinkedHashMap<>(open);
    }

    @Override
    public Turn turn(String caller) {
        return () -> {
            // one client: the engine takes its answers in turn
        };
    }

    @Override
    public synchronized void close() {
        closed = true;
        open.values().forEach(Model::close);
        open.clear();
    }
}
