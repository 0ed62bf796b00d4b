/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.engine.observe.FlightEvent;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where a model is to run, and how.
 *
 * @param program which of the model's programs runs there
 * @param backend drives the device
 * @param device runs the model
 * @param options how it is loaded
 * @param bytes memory that it takes; 0 if the backend that has too little does not know
 * @param score how well the backend says that it runs there
 * @param crowded whether the backend refuses it as long as memory is as it is now
 */
record Placement(Program program, Backend backend, Device device, LoadOptions options, long bytes, int score,
        boolean crowded) {

    /** Contexts are not cut below this to make a model fit. */
    static final int SMALLEST_CONTEXT = 4096;

    /**
     * Loads the model there.
     *
     * @param file where it comes from
     * @param meters told how long it took
     * @throws dev.millrace.api.BackendException if it cannot be loaded
     */
    LoadedProgram load(ModelFile file, ModelMeters meters, Progress progress) {
        FlightEvent event = FlightEvent.begin(FlightEvent.Kind.LOAD);
        long start = System.nanoTime();
        LoadedProgram loaded = load(file, progress);
        meters.loaded(System.nanoTime() - start);
        event.done(file.name(), device.id(), bytes);
        return loaded;
    }

    private LoadedProgram load(ModelFile file, Progress progress) {
        String sources = program instanceof Graph ? "" : LoadedProgram.identity(file, program, "");
        try {
            Executor executor = backend.load(program, device, options.withIdentity(sources), progress);
            try {
                String variant = executor.variant();
                return new LoadedProgram(this, executor, variant,
                        sources.isEmpty() ? LoadedProgram.identity(file, program, variant) : sources);
            } catch (RuntimeException | Error e) {
                executor.close();
                throw e;
            }
        } catch (LinkageError e) {
            throw new BackendException(notWhole(device, e), e);
        }
    }

    /** Whether this very backend drives the device: another one may have its name. */
    @SuppressWarnings("ReferenceEquality")
    boolean runsOn(Backend other) {
        return backend == other;
    }

    /**
     * How well a backend would run a model; refused, whatever it says, if it lacks a feature that the model needs, and if it fails
     * instead of an answer: others may run it.
     */
    static Fit fit(Backend backend, Program program, Device device, LoadOptions options) {
        try {
            return answer(backend, program, device, options);
        } catch (LinkageError e) {
            return new Fit.Refused(notWhole(device, e), Fit.Cause.DEVICE);
        } catch (RuntimeException e) {
            return new Fit.Refused("The backend of " + device.id()
                    + " failed when it was asked whether it can run the model: " + e + ".");
        }
    }

    private static String notWhole(Device device, LinkageError missing) {
        return "The backend of " + device.id() + " is not whole: it lacks " + missing.getMessage()
                + ". It may have been updated at this moment.";
    }

    private static Fit answer(Backend backend, Program program, Device device, LoadOptions options) {
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
}
