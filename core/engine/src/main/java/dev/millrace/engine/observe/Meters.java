/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import dev.millrace.api.Metric;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What is counted of all models of a runtime. Safe for use from any thread. */
public final class Meters {

    private final Map<String, ModelMeters> models = new ConcurrentHashMap<>();

    /** Those of a model, by its name. */
    public ModelMeters of(String model) {
        return models.computeIfAbsent(model, name -> new ModelMeters());
    }

    /**
     * Tells all that was counted.
     *
     * @param to takes it
     */
    public void tell(Consumer<Metric> to) {
        models.forEach((name, meters) -> meters.tell(name, to));
    }
}
