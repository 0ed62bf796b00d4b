/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Progress;
import dev.millrace.engine.observe.LoadEvent;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a model is to run, and how.
 *
 * @param program which of the model's programs runs there
 * @param backend drives the device
 * @param device runs the model
 * @param options how it is loaded
 * @param bytes memory that it takes; 0 if the backend that has too little does not know
 * @param crowded whether the backend refuses it as long as memory is as it is now
 */
record Placement(Program program, Backend backend, Device device, LoadOptions options, long bytes, boolean crowded) {

    /** Contexts are not cut below this to make a model fit. */
    static final int SMALLEST_CONTEXT = 4096;

    /**
     * Chooses the device with the best score among those that can run one of the model's programs. If no context was asked for
     * and the model's whole context does not fit anywhere, half of it is tried, and so on.
     *
     * @throws BackendException if the asked backend is not there, or none can run the model
     */
    static Placement choose(List<Backend> backends, List<Program> programs, ModelOptions wanted) {
        int context = wanted.context() > 0 ? wanted.context() : programs.getFirst().contextLength();
        List<String> reasons = new ArrayList<>();
        while (true) {
            LoadOptions options = options(wanted, context);
            reasons.clear();
            Placement best = best(backends, programs, wanted.backend(), options, reasons);
            if (best != null) {
                return best;
            }
            if (wanted.context() > 0 || context / 2 < SMALLEST_CONTEXT || reasons.isEmpty()) {
                throw none(backends, wanted.backend(), reasons);
            }
            context /= 2;
        }
    }

    private static LoadOptions options(ModelOptions wanted, int context) {
        return LoadOptions.of(context).withThreads(wanted.threads()).withPrecision(wanted.precision())
                .withKeyValues(wanted.keyValues());
    }

    /**
     * Chooses where a model that runs is to move. Where no device takes it as things are, one counts that has too little memory now
     * and enough in all: the model may find room there once it has given back its own.
     *
     * @param wanted with the context that the model was loaded with
     * @throws BackendException if the asked backend is not there, or none can run the model
     */
    static Placement forMove(List<Backend> backends, List<Program> programs, ModelOptions wanted) {
        try {
            return choose(backends, programs, wanted);
        } catch (BackendException none) {
            LoadOptions options = options(wanted, wanted.context());
            for (Backend backend : backends) {
                for (Device device : backend.devices()) {
                    for (Program program : programs) {
                        if (isAsked(wanted.backend(), backend, device)
                                && fit(backend, program, device, options) instanceof Fit.Refused refused
                                && refused.cause() == Fit.Cause.MEMORY && refused.bytes() <= device.memoryBytes()) {
                            return new Placement(program, backend, device, options, refused.bytes(), true);
                        }
                    }
                }
            }
            throw none;
        }
    }

    private static boolean isAsked(@Nullable String id, Backend backend, Device device) {
        return id == null || id.equals(device.id()) || id.equals(backend.id());
    }

    private static @Nullable Placement best(List<Backend> backends, List<Program> programs, @Nullable String id,
            LoadOptions options, List<String> reasons) {
        Placement best = null;
        int bestScore = Integer.MIN_VALUE;
        for (Backend backend : backends) {
            for (Device device : backend.devices()) {
                if (!isAsked(id, backend, device)) {
                    continue;
                }
                for (Program program : programs) {
                    switch (fit(backend, program, device, options)) {
                        case Fit.Refused refused -> reasons.add(device.id() + ": " + refused.reason());
                        case Fit.Good good -> {
                            if (good.score() > bestScore) {
                                bestScore = good.score();
                                best = new Placement(program, backend, device, options, good.bytes(), false);
                            }
                        }
                    }
                }
            }
        }
        return best;
    }

    /**
     * Loads the model there.
     *
     * @param file where it comes from
     * @param meters told how long it took
     * @throws dev.millrace.api.BackendException if it cannot be loaded
     */
    LoadedProgram load(ModelFile file, ModelMeters meters, Progress progress) {
        LoadEvent event = new LoadEvent();
        event.begin();
        long start = System.nanoTime();
        LoadedProgram loaded = load(file, progress);
        meters.loaded(System.nanoTime() - start);
        event.done(file.name(), device.id(), bytes);
        return loaded;
    }

    private LoadedProgram load(ModelFile file, Progress progress) {
        String sources = program instanceof Graph ? "" : LoadedProgram.identity(file, program, "");
        Executor executor = backend.load(program, device, options.withIdentity(sources), progress);
        try {
            String variant = executor.variant();
            return new LoadedProgram(this, executor, variant,
                    sources.isEmpty() ? LoadedProgram.identity(file, program, variant) : sources);
        } catch (RuntimeException | Error e) {
            executor.close();
            throw e;
        }
    }

    /** Whether this very backend drives the device: another one may have its name. */
    @SuppressWarnings("ReferenceEquality")
    boolean runsOn(Backend other) {
        return backend == other;
    }

    /** How well a backend would run a model; refused, whatever it says, if it lacks a feature that the model needs. */
    static Fit fit(Backend backend, Program program, Device device, LoadOptions options) {
        Set<Feature> missing = new TreeSet<>(program.features());
        missing.removeAll(backend.features());
        if (program instanceof Blueprint && !missing.isEmpty()) {
            if (backend.features().isEmpty() && backend.fit(program, device, options) instanceof Fit.Refused own
                    && own.cause() == Fit.Cause.PROGRAM) {
                return own; // it runs no blueprints at all, and says so better
            }
            return new Fit.Refused("This " + program.architecture() + " model needs "
                    + missing.stream().map(Feature::description).collect(Collectors.joining(", ")) + ", which the "
                    + backend.id() + " backend does not compute.", Fit.Cause.FEATURE);
        }
        return backend.fit(program, device, options);
    }

    private static BackendException none(List<Backend> backends, @Nullable String id, List<String> reasons) {
        if (!reasons.isEmpty()) {
            return new BackendException("No backend can run this model. " + String.join(" ", reasons));
        }
        List<String> present = backends.stream().flatMap(b -> b.devices().stream()).map(Device::id).toList();
        if (id != null) {
            return new BackendException("There is no backend or device \"" + id + "\"; present are "
                    + (present.isEmpty() ? "none" : String.join(", ", present)) + ".");
        }
        return new BackendException(
                "No backend is present: add one, for example the jar or bundle dev.millrace.backend.cpu.");
    }
}
