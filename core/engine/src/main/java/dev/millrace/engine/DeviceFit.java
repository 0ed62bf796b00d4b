/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How well one device would run a model that is opened without options.
 *
 * @param device the device; where a backend sees none, one that stands for all it might see, with the backend's name for its id
 * @param context tokens of context: the model's own, or as many as fit
 * @param fit how well, or why not
 */
public record DeviceFit(Device device, int context, Fit fit) {

    /**
     * Asks backends, as opening a model does.
     *
     * @param backends those that are present
     * @param program the model
     * @return one entry per device, and one for each backend that sees none
     */
    public static List<DeviceFit> of(List<Backend> backends, Program program) {
        return of(backends, List.of(program));
    }

    /**
     * Asks backends about a model that has several programs, as opening it does.
     *
     * @param backends those that are present
     * @param programs at least one, see {@link dev.millrace.spi.model.ModelFile#programs}
     * @return one entry per device, for the program that it runs best, and one for each backend that sees none
     */
    public static List<DeviceFit> of(List<Backend> backends, List<Program> programs) {
        List<DeviceFit> fits = new ArrayList<>();
        for (Backend backend : backends) {
            List<Device> devices = backend.devices();
            if (devices.isEmpty()) {
                fits.add(new DeviceFit(new Device(backend.id(), backend.id(), "", 0),
                        programs.getFirst().contextLength(),
                        new Fit.Refused("The " + backend.id() + " backend sees no device on this machine.",
                                Fit.Cause.DEVICE)));
            }
            devices.forEach(device -> fits.add(programs.stream().map(program -> of(backend, program, device))
                    .max(Comparator.comparingInt(DeviceFit::rank)).orElseThrow()));
        }
        return fits;
    }

    /** The best score; a refusal for lack of memory says more than one of a program that is for other backends. */
    private static int rank(DeviceFit one) {
        return switch (one.fit()) {
            case Fit.Good good -> Math.max(0, good.score());
            case Fit.Refused refused -> refused.cause() == Fit.Cause.PROGRAM ? -2 : -1;
        };
    }

    private static DeviceFit of(Backend backend, Program program, Device device) {
        int context = program.contextLength();
        Fit whole = Placement.fit(backend, program, device, LoadOptions.of(context));
        Fit fit = whole;
        while (fit instanceof Fit.Refused refused && refused.cause() == Fit.Cause.MEMORY
                && context / 2 >= Placement.SMALLEST_CONTEXT) {
            context /= 2;
            fit = Placement.fit(backend, program, device, LoadOptions.of(context));
        }
        return fit instanceof Fit.Good
                ? new DeviceFit(device, context, fit)
                : new DeviceFit(device, program.contextLength(), whole);
    }
}
