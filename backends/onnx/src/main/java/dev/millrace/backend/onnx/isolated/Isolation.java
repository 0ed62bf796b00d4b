/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.isolated.Speech.Ask;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a backend is run in processes of its own. Safe for use from any thread.
 *
 * @param java the program that runs Java
 * @param flags of the virtual machine
 * @param classes one of each jar or bundle that is needed there
 * @param backend the name of the backend's class, which has a public constructor without arguments
 * @param patience how long is waited
 * @param crashes where the virtual machine writes what it knows when it breaks down
 */
public record Isolation(Path java, List<String> flags, List<Class<?>> classes, String backend, Patience patience,
        Path crashes) {

    /** The heap holds logits on their way and little else: weights and caches lie outside of it, without this bound. */
    private static final List<String> FLAGS = List.of("-Xmx1g", "-XX:MaxDirectMemorySize=1024g", "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:-CreateCoredumpOnCrash",
            "--enable-native-access=ALL-UNNAMED", "-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%6$s%n");

    /** Copies the lists. */
    public Isolation {
        flags = List.copyOf(flags);
        classes = List.copyOf(classes);
    }

    /**
     * How long is waited.
     *
     * @param start for a process to come up
     * @param silence for a sign of life while something is computed
     * @param call for what was asked
     */
    public record Patience(Duration start, Duration silence, Duration call) {

        /**
         * What is usual for start and silence.
         *
         * @param call for what was asked
         * @return with a minute for the start, and half a minute without a sign
         */
        public static Patience of(Duration call) {
            return new Patience(Duration.ofMinutes(1), Duration.ofSeconds(30), call);
        }
    }

    /**
     * By the same Java that runs here.
     *
     * @param properties system properties for the process
     * @param classes one of each jar or bundle that is needed there
     * @param backend the name of the backend's class
     * @param patience how long is waited
     * @param crashes where the virtual machine writes what it knows when it breaks down
     * @return the isolation
     */
    public static Isolation of(List<String> properties, List<Class<?>> classes, String backend, Patience patience,
            Path crashes) {
        boolean windows = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
        Path java = Path.of(System.getProperty("java.home"), "bin", windows ? "java.exe" : "java");
        List<String> flags = new ArrayList<>(FLAGS);
        flags.addAll(properties);
        return new Isolation(java, flags, classes, backend, patience, crashes);
    }

    /** Where a process of some id writes what it knows when it breaks down. */
    Path crash(String id) {
        return crashes.resolve("onnx-crash-" + id + ".log");
    }

    /**
     * The devices that the backend sees there.
     *
     * @return as it says
     * @throws dev.millrace.api.BackendException if there can be no process
     */
    public List<Device> devices() {
        try (ChildProcess child = ChildProcess.start(this)) {
            return child.call(Ask.DEVICES, wire -> {
            }, Packing::devices);
        }
    }

    /**
     * Loads a model in a process of its own.
     *
     * @param graph the model
     * @param device one of the backend's
     * @param options how
     * @param progress told how far it is; if it throws, nothing stays behind
     * @return closed by the caller
     * @throws dev.millrace.api.BackendException if it cannot be loaded; nothing stays behind
     */
    public Executor load(Graph graph, Device device, LoadOptions options, Progress progress) {
        ChildProcess child = ChildProcess.start(this);
        try {
            return child.call(Ask.LOAD, wire -> {
                Packing.put(wire, graph);
                Packing.put(wire, device);
                Packing.put(wire, options);
            }, progress, wire -> new IsolatedExecutor(child, graph, options.context(), wire.getText(),
                    Packing.limits(wire)));
        } catch (RuntimeException | Error e) {
            child.close();
            throw e;
        }
    }

    /**
     * Loads a model that turns texts into vectors in a process of its own.
     *
     * @param encoder the model
     * @param device one of the backend's
     * @param options how
     * @param progress told how far it is; if it throws, nothing stays behind
     * @return closed by the caller
     * @throws dev.millrace.api.BackendException if it cannot be loaded; nothing stays behind
     */
    public EncoderExecutor loadEncoder(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        return new IsolatedEncoder(encoder, () -> loaded(encoder, device, options, Progress.NONE),
                loaded(encoder, device, options, progress));
    }

    private ChildProcess loaded(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        ChildProcess child = ChildProcess.start(this);
        try {
            return child.call(Ask.LOAD_ENCODER, wire -> {
                Packing.put(wire, encoder);
                Packing.put(wire, device);
                Packing.put(wire, options);
            }, progress, wire -> child);
        } catch (RuntimeException | Error e) {
            child.close();
            throw e;
        }
    }
}
