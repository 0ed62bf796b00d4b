/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;

/** A backend that computes plain attention and SwiGLU, simply, and has one fault or none. */
final class FaultyBackend implements Backend {

    /** What each loaded model holds besides: enough to be missed. */
    private static final long BALLAST = 24L << 20;
    private static final String DEVICE = "faulty:0";

    private final Fault fault;

    FaultyBackend(Fault fault) {
        this.fault = fault;
    }

    @Override
    public String id() {
        return "faulty";
    }

    @Override
    public List<Device> devices() {
        return List.of(new Device(DEVICE, id(), "the Java heap", 1L << 30));
    }

    @Override
    public Set<Feature> features() {
        Set<Feature> features = EnumSet.of(Feature.ATTENTION, Feature.SWIGLU);
        if (fault == Fault.DECLARES_WINDOWS) {
            features.add(Feature.WINDOW);
        }
        return fault == Fault.DECLARES_NOTHING ? Set.of() : features;
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        boolean known = device.id().equals(DEVICE) && program instanceof Blueprint blueprint
                && EnumSet.of(Feature.ATTENTION, Feature.SWIGLU, Feature.WINDOW).containsAll(blueprint.features());
        if (!known && fault != Fault.LOADS_ANYTHING) {
            return new Fit.Refused(fault == Fault.REFUSES_IN_A_WORD
                    ? "no"
                    : "This backend runs models with plain attention on faulty:0: take another backend.",
                    device.id().equals(DEVICE) ? Fit.Cause.PROGRAM : Fit.Cause.DEVICE);
        }
        long bytes = BALLAST + SimpleExecutor.bytesPerToken() * options.context();
        return bytes <= device.memoryBytes()
                ? new Fit.Good(1, bytes)
                : new Fit.Refused("This device has too little memory: ask for a shorter context.",
                        fault == Fault.HIDES_THE_CAUSE ? Fit.Cause.OTHER : Fit.Cause.MEMORY, bytes);
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        return load(program, device, options, progress, Integer.MAX_VALUE);
    }

    /** Loads with room for so many tokens of all sequences together. */
    SimpleExecutor load(Program program, Device device, LoadOptions options, Progress progress, int room) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        Arena arena = Arena.ofShared();
        try {
            for (double fraction : new double[]{0, 0.5, 1}) {
                tell(progress, fraction);
            }
            arena.allocate(BALLAST).fill((byte) 1);
            Blueprint model = program instanceof Blueprint blueprint
                    ? blueprint
                    : new FeatureModels(1).of(Feature.ATTENTION);
            return new SimpleExecutor(fault, model, options.context(), room, arena, leftBehind());
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private void tell(Progress progress, double fraction) {
        if (fault == Fault.LOADS_IN_SILENCE) {
            return;
        }
        try {
            progress.update("loading", fraction);
        } catch (CancellationException e) {
            if (fault != Fault.CANNOT_BE_CANCELLED) {
                throw e;
            }
        }
    }

    private CountDownLatch leftBehind() {
        CountDownLatch end = new CountDownLatch(1);
        if (fault == Fault.LEAKS_A_THREAD) {
            Thread.ofPlatform().daemon().name("left").start(() -> {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        return end;
    }
}
