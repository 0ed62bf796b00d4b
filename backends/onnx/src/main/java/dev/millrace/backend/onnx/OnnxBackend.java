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
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
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

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        if (!(program instanceof Graph graph) || !graph.format().equals("onnx")) {
            return new Fit.Refused("The ONNX backend executes ONNX graphs and cannot compute with the tensors of this "
                    + program.architecture() + " model; take its ONNX export, or the CPU backend.", Fit.Cause.PROGRAM);
        }
        Optional<Provider> provider = Provider.ofDevice(device.id());
        if (provider.isEmpty()) {
            return new Fit.Refused("The ONNX backend has no device " + device.id() + ".", Fit.Cause.DEVICE);
        }
        List<Graph.Variant> fitting = ranked(graph, provider.get(), options.precision()).stream()
                .filter(v -> needs(graph, v, options) <= device.memoryBytes()).toList();
        if (fitting.isEmpty()) {
            long least = graph.variants().stream().mapToLong(v -> needs(graph, v, options)).min().orElse(0);
            return new Fit.Refused(String.format(Locale.ROOT,
                    "This %s model needs %.1f GB with a context of %d tokens, but %s has %.1f GB; ask for a smaller context.",
                    graph.architecture(), least / 1e9, options.context(), device.id(), device.memoryBytes() / 1e9),
                    Fit.Cause.MEMORY, least);
        }
        return new Fit.Good(provider.get().score(), needs(graph, fitting.getFirst(), options));
    }

    /** Variants in the order in which they are tried. */
    private List<Graph.Variant> ranked(Graph graph, Provider provider, Precision precision) {
        List<Graph.Variant> asked = graph.variants().stream()
                .filter(v -> settings.variant().filter(v.name()::equals).isPresent()).toList();
        if (!asked.isEmpty()) {
            return asked;
        }
        List<String> names = provider.preferred(precision);
        List<Graph.Variant> ranked = new ArrayList<>(graph.variants());
        ranked.sort((a, b) -> Integer.compare(rank(names, a.name()), rank(names, b.name())));
        return ranked;
    }

    private static int rank(List<String> names, String name) {
        int index = names.indexOf(name);
        return index < 0 ? names.size() : index;
    }

    /** Weights, and one full sequence twice: a run reads the old caches while it writes the new. */
    private static long needs(Graph graph, Graph.Variant variant, LoadOptions options) {
        long perToken = 0;
        for (StateShape shape : graph.stateShapes()) {
            if (shape instanceof StateShape.KeyValues kv) {
                perToken += 2L * kv.heads() * kv.headSize() * (variant.name().endsWith("16") ? 2 : 4);
            }
        }
        return variant.bytes() + variant.bytes() / 10 + 2 * perToken * options.context();
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        Graph graph = (Graph) program;
        Provider provider = Provider.ofDevice(device.id()).orElseThrow();
        Graph.Variant variant = ranked(graph, provider, options.precision()).stream()
                .filter(v -> needs(graph, v, options) <= device.memoryBytes()).findFirst().orElseThrow();
        progress.update("loading " + variant.file().getFileName(), 0);
        OrtEnvironment environment;
        try {
            environment = OnnxLibrary.environment(CacheFolder.ofUser().path());
        } catch (IOException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
        OrtSession session = new GraphLoader(environment, settings, provider).open(variant, options);
        try {
            GraphPorts ports = GraphPorts.of(session, graph, variant.file().toString());
            Executor executor = new OnnxExecutor(graph, options.context(), environment, session, ports);
            progress.update("ready", 1);
            return executor;
        } catch (OrtException | RuntimeException | Error e) {
            try {
                session.close();
            } catch (OrtException closing) {
                e.addSuppressed(closing);
            }
            throw e instanceof RuntimeException own ? own : OnnxExecutor.failed("The graph cannot be read", e);
        }
    }
}
