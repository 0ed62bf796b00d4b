/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.runtime.OnnxLibrary;
import dev.millrace.machine.CacheFolder;
import dev.millrace.machine.Memory;
import dev.millrace.machine.Processors;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Runs ONNX graphs by ONNX Runtime: {@code onnx:cpu} everywhere, {@code onnx:cuda} and others where the user has named a runtime
 * that has them. The native library is loaded with the first model, not before.
 */
@Component(immediate = true, service = Backend.class, configurationPid = "dev.millrace.backend.onnx")
public final class OnnxBackend implements Backend {

    static final String ID = "onnx";

    private static final System.Logger LOG = System.getLogger(OnnxBackend.class.getName());

    private final OnnxSettings settings;

    /** With settings from system properties, for a plain class path. */
    public OnnxBackend() {
        this(OnnxSettings.fromSystemProperties());
    }

    /**
     * With settings from the configuration, and from system properties where it says nothing.
     *
     * @param configuration names to values
     */
    @Activate
    public OnnxBackend(Map<String, ?> configuration) {
        this(configuration.keySet().stream().noneMatch(OnnxSettings.NAMES::contains)
                ? OnnxSettings.fromSystemProperties()
                : OnnxSettings.of(configuration.entrySet().stream().filter(e -> OnnxSettings.NAMES.contains(e.getKey()))
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> String.valueOf(e.getValue())))));
    }

    OnnxBackend(OnnxSettings settings) {
        this.settings = settings;
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<Device> devices() {
        if (!OnnxLibrary.isPresent()) {
            return List.of();
        }
        List<Device> devices = new ArrayList<>();
        if (OnnxLibrary.isOwn()) {
            Collection<OrtProvider> present = List.of();
            try {
                OnnxLibrary.environment(CacheFolder.ofUser().path());
                present = OrtEnvironment.getAvailableProviders();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, e.getMessage());
            }
            for (Provider provider : Provider.values()) {
                if (present.contains(provider.provider())) {
                    devices.add(device(provider));
                }
            }
            devices.sort((a, b) -> Integer.compare(score(b), score(a)));
        } else {
            devices.add(device(Provider.CPU));
        }
        return List.copyOf(devices);
    }

    private static int score(Device device) {
        return Provider.ofDevice(device.id()).map(Provider::score).orElse(0);
    }

    private Device device(Provider provider) {
        String what = provider == Provider.CPU
                ? Processors.here().available() + " processors (" + System.getProperty("os.arch") + ")"
                : provider.provider().getName();
        // accelerators do not tell how much memory they have
        return new Device(provider.deviceId(), ID, what + ", ONNX Runtime", Memory.now().total());
    }

    @Override
    public Set<Feature> features() {
        return Set.of(); // graphs say themselves what they compute
    }

    /** What this backend looks at of a program. */
    private record Asked(String architecture, List<Graph.Variant> variants, long perToken, boolean encoder) {

        static Optional<Asked> of(Program program) {
            return switch (program) {
                case Graph graph when graph.format().equals("onnx") -> Optional
                        .of(new Asked(graph.architecture(), graph.variants(), perToken(graph), false));
                case Encoder encoder when encoder.format().equals("onnx") -> Optional
                        .of(new Asked(encoder.architecture(), encoder.variants(), 0, true));
                default -> Optional.empty();
            };
        }

        private static long perToken(Graph graph) {
            long values = 0;
            for (StateShape shape : graph.stateShapes()) {
                values += shape instanceof StateShape.KeyValues kv ? 2L * kv.heads() * kv.headSize() : 0;
            }
            return values;
        }

        /** Weights, and one full sequence twice: a run reads the old caches while it writes the new. */
        long needs(Graph.Variant variant, LoadOptions options) {
            long bytes = perToken * (variant.name().endsWith("16") ? 2 : 4);
            return variant.bytes() + variant.bytes() / 10 + 2 * bytes * options.context();
        }
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        Optional<Asked> asked = Asked.of(program);
        if (asked.isEmpty()) {
            return new Fit.Refused("The ONNX backend executes ONNX graphs and cannot compute with the tensors of this "
                    + program.architecture() + " model; take its ONNX export, or the CPU backend.", Fit.Cause.PROGRAM);
        }
        Optional<Provider> provider = Provider.ofDevice(device.id());
        if (provider.isEmpty()) {
            return new Fit.Refused("The ONNX backend has no device " + device.id() + ".", Fit.Cause.DEVICE);
        }
        List<Graph.Variant> fitting = fitting(asked.get(), provider.get(), device, options);
        if (fitting.isEmpty()) {
            long least = asked.get().variants().stream().mapToLong(v -> asked.get().needs(v, options)).min().orElse(0);
            return new Fit.Refused(String.format(Locale.ROOT,
                    "This %s model needs %.1f GB with a context of %d tokens, but %s has %.1f GB; ask for a smaller context.",
                    program.architecture(), least / 1e9, options.context(), device.id(), device.memoryBytes() / 1e9),
                    Fit.Cause.MEMORY, least);
        }
        return new Fit.Good(provider.get().score(), asked.get().needs(fitting.getFirst(), options));
    }

    private List<Graph.Variant> fitting(Asked asked, Provider provider, Device device, LoadOptions options) {
        return ranked(asked.variants(), provider, options.precision()).stream()
                .filter(v -> asked.needs(v, options) <= device.memoryBytes()).toList();
    }

    /** Variants in the order in which they are tried. */
    private List<Graph.Variant> ranked(List<Graph.Variant> variants, Provider provider, Precision precision) {
        List<Graph.Variant> asked = variants.stream()
                .filter(v -> settings.variant().filter(v.name()::equals).isPresent()).toList();
        if (!asked.isEmpty()) {
            return asked;
        }
        List<String> names = provider.preferred(precision);
        List<Graph.Variant> ranked = new ArrayList<>(variants);
        ranked.sort((a, b) -> Integer.compare(rank(names, a.name()), rank(names, b.name())));
        return ranked;
    }

    private static int rank(List<String> names, String name) {
        int index = names.indexOf(name);
        return index < 0 ? names.size() : index;
    }

    /** Makes something of an open session, which it then owns. */
    @FunctionalInterface
    private interface Use<T> {
        T of(OrtEnvironment environment, OrtSession session, Graph.Variant variant) throws OrtException;
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (program instanceof Encoder) {
            throw new BackendException(
                    "This model turns texts into vectors and generates none; open it for embeddings.");
        }
        return opened(program, device, options, progress,
                (environment, session, variant) -> new OnnxExecutor((Graph) program, variant.name(),
                        options.context(), environment, session, GraphPorts.of(session, (Graph) program, variant)));
    }

    @Override
    public EncoderExecutor loadEncoder(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        return opened(encoder, device, options, progress,
                (environment, session, variant) -> new OnnxEncoder(encoder, variant, environment, session));
    }

    /** Tries the variants one after the other: some can be read on a device, but not run. */
    private <T extends AutoCloseable> T opened(Program program, Device device, LoadOptions options, Progress progress,
            Use<T> use) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        Provider provider = Provider.ofDevice(device.id()).orElseThrow();
        OrtEnvironment environment;
        try {
            environment = OnnxLibrary.environment(CacheFolder.ofUser().path());
        } catch (IOException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
        GraphLoader loader = new GraphLoader(environment, settings, provider);
        BackendException problem = null;
        for (Graph.Variant variant : fitting(Asked.of(program).orElseThrow(), provider, device, options)) {
            progress.update("loading " + variant.file().getFileName(), 0);
            try {
                T loaded = used(loader.open(variant, options), variant, environment, use);
                if (problem != null) {
                    LOG.log(System.Logger.Level.WARNING, "The variant {0} is taken instead: {1}", variant.name(),
                            problem.getMessage());
                }
                ready(loaded, progress);
                return loaded;
            } catch (BackendException e) {
                if (problem == null) {
                    problem = e;
                } else {
                    problem.addSuppressed(e);
                }
            }
        }
        throw Objects.requireNonNull(problem, "one fits");
    }

    private static <T> T used(OrtSession session, Graph.Variant variant, OrtEnvironment environment, Use<T> use) {
        try {
            return use.of(environment, session, variant);
        } catch (OrtException | RuntimeException | Error e) {
            try {
                session.close();
            } catch (OrtException closing) {
                e.addSuppressed(closing);
            }
            switch (e) {
                case RuntimeException own -> throw own;
                case OrtException ort -> {
                    String reason = RuntimeWords.of(ort);
                    throw new BackendException("The graph " + variant.file() + " cannot be run: " + reason + "."
                            + RuntimeWords.cure(reason), ort);
                }
                default -> throw OnnxExecutor.failed("The graph cannot be loaded", e);
            }
        }
    }

    private static void ready(AutoCloseable loaded, Progress progress) {
        try {
            progress.update("ready", 1);
        } catch (RuntimeException | Error e) {
            try {
                loaded.close();
            } catch (Exception closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }
}
