/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.isolated.Isolation;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Runs ONNX graphs by ONNX Runtime: {@code onnx:cpu} everywhere, {@code onnx:cuda} and others where the user has named a runtime
 * that has them. The native library is loaded with the first model, not before.
 */
@Component(immediate = true, service = Backend.class, configurationPid = OnnxSettingGroup.PID)
public final class OnnxBackend implements Backend {

    static final String ID = "onnx";

    private static final String APART = " in a process of its own";

    private static final System.Logger LOG = System.getLogger(OnnxBackend.class.getName());

    private final OnnxSettings settings;
    private final AtomicReference<@Nullable List<Device>> asked = new AtomicReference<>();

    /** With settings from system properties, for a plain class path. */
    public OnnxBackend() {
        this(OnnxSettings.ofSystem());
    }

    /**
     * With settings from the configuration, and from system properties where it says nothing.
     *
     * @param configuration values of {@link OnnxSettingGroup}
     */
    @Activate
    public OnnxBackend(Map<String, ?> configuration) {
        this(OnnxSettings.of(configuration, complaint -> LOG.log(System.Logger.Level.WARNING, complaint)));
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
        return OnnxLibrary.isOwn() ? devicesOfOwn() : List.of(device(Provider.CPU));
    }

    /** What the user's runtime drives: only it can tell. */
    private List<Device> devicesOfOwn() {
        if (settings.isolated()) {
            return isolatedDevices();
        }
        List<Device> devices = new ArrayList<>();
        try {
            OnnxLibrary.environment(CacheFolder.ofUser().path());
            Collection<OrtProvider> present = OrtEnvironment.getAvailableProviders();
            for (Provider provider : Provider.values()) {
                if (present.contains(provider.provider())) {
                    devices.add(device(provider));
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
        }
        devices.sort((a, b) -> Integer.compare(score(b), score(a)));
        return List.copyOf(devices);
    }

    /** The same, asked once in a process of its own, so that the library is never loaded into this one. */
    private List<Device> isolatedDevices() {
        List<Device> known = asked.get();
        if (known == null) {
            try {
                known = isolation().devices().stream().filter(one -> Provider.ofDevice(one.id()).isPresent())
                        .map(one -> new Device(one.id(), ID, one.description() + APART, one.memoryBytes())).toList();
            } catch (BackendException e) {
                LOG.log(System.Logger.Level.WARNING, e.getMessage());
                known = List.of();
            }
            asked.set(known);
        }
        return known;
    }

    private static int score(Device device) {
        return Provider.ofDevice(device.id()).map(Provider::score).orElse(0);
    }

    private Device device(Provider provider) {
        String what = provider == Provider.CPU
                ? Processors.here().available() + " processors (" + System.getProperty("os.arch") + ")"
                : provider.provider().getName();
        // accelerators do not tell how much memory they have
        return new Device(provider.deviceId(), ID, what + ", ONNX Runtime" + (settings.isolated() ? APART : ""),
                Memory.now().total());
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

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (program instanceof Encoder) {
            throw new BackendException(
                    "This model turns texts into vectors and generates none; open it for embeddings.");
        }
        List<Graph.Variant> variants = variants(program, device, options);
        Graph graph = (Graph) program;
        if (settings.isolated()) {
            return isolation().load(graph, device, options, progress);
        }
        return loader(device).load(variants, options, progress,
                (environment, session, variant) -> new OnnxExecutor(graph, variant.name(), options.context(),
                        environment, session, GraphPorts.of(session, graph, variant)));
    }

    @Override
    public EncoderExecutor loadEncoder(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        List<Graph.Variant> variants = variants(encoder, device, options);
        if (settings.isolated()) {
            return isolation().loadEncoder(encoder, device, options, progress);
        }
        return loader(device).load(variants, options, progress,
                (environment, session, variant) -> new OnnxEncoder(encoder, variant, environment, session));
    }

    /** Those that may be taken, in order; at least one. */
    private List<Graph.Variant> variants(Program program, Device device, LoadOptions options) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        return fitting(Asked.of(program).orElseThrow(), Provider.ofDevice(device.id()).orElseThrow(), device, options);
    }

    private SessionLoader loader(Device device) {
        return new SessionLoader(settings, Provider.ofDevice(device.id()).orElseThrow());
    }

    /** How models run in processes of their own: this backend there, with the same settings. */
    private Isolation isolation() {
        List<String> flags = new ArrayList<>(settings.flags());
        if (OnnxLibrary.isOwn()) {
            flags.add("-D" + OnnxLibrary.OWN_FOLDER + "=" + System.getProperty(OnnxLibrary.OWN_FOLDER));
        }
        return Isolation.of(flags,
                List.of(OnnxBackend.class, Backend.class, BackendException.class, Processors.class, OnnxLibrary.class,
                        OrtEnvironment.class),
                OnnxBackend.class.getName(), Isolation.Patience.of(settings.patience()),
                CacheFolder.ofUser().path().resolve("crashes"));
    }
}
