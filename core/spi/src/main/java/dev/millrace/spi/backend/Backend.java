/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/** Runs programs on devices. A service; stateless: what it loads belongs to the caller. Safe for use from any thread. */
@ConsumerType
public interface Backend {

    /**
     * A short name, for example {@code cpu}.
     *
     * @return letters and digits
     */
    String id();

    /**
     * Devices seen now.
     *
     * @return best first; empty if there is none
     */
    List<Device> devices();

    /**
     * What it can compute of a {@link dev.millrace.spi.model.Blueprint}. The engine refuses a model that asks for anything else,
     * in one sentence, before it asks {@link #fit}.
     *
     * @return listed one by one, never all that {@link Feature} has: what is added later is not computed by this backend; empty
     *         for a backend that runs graphs only
     */
    Set<Feature> features();

    /**
     * Looks at how well a model would run, without loading it.
     *
     * @param program the model
     * @param device one of {@link #devices()}
     * @param options how it would be loaded
     * @return how well, or why not; a kind of program that it does not understand is refused
     */
    Fit fit(Program program, Device device, LoadOptions options);

    /**
     * Loads a model.
     *
     * @param program the model; its file stays open until this returns, and longer if {@link Executor#close} has not been
     *            called
     * @param device one of {@link #devices()}
     * @param options how
     * @param progress told how far it is; if it throws, nothing stays behind
     * @return the loaded model, closed by the caller
     * @throws dev.millrace.api.BackendException if it cannot be loaded; nothing stays behind
     */
    Executor load(Program program, Device device, LoadOptions options, Progress progress);

    /**
     * Loads a model that turns texts into vectors.
     *
     * @param encoder the model, which {@link #fit} has not refused
     * @param device one of {@link #devices()}
     * @param options how
     * @param progress told how far it is; if it throws, nothing stays behind
     * @return the loaded model, closed by the caller
     * @throws BackendException if it cannot be loaded; nothing stays behind; always, as here, from a backend that runs no
     *             encoders
     */
    default EncoderExecutor loadEncoder(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        throw new BackendException("The " + id() + " backend runs no models that turn texts into vectors.");
    }

    /**
     * Measures the inner loops that models on a device spend their time in, one by one, with weights that are made up: so
     * that a person, or a check, can find one that is far slower than the others. Blocks until done.
     *
     * @param device one of {@link #devices()}
     * @param each time to spend on one figure, once everything is compiled; compiling may take several times as long
     * @return one entry per kernel; empty, as here, from a backend that has no kernels of its own
     */
    default List<KernelSpeed> measure(Device device, Duration each) {
        return List.of();
    }
}
