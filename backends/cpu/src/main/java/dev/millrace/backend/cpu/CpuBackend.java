/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.api.setting.Settings;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kv.KvGroups;
import dev.millrace.backend.cpu.layers.AttentionMemory;
import dev.millrace.backend.cpu.layers.Buffers;
import dev.millrace.backend.cpu.layers.ForwardPass;
import dev.millrace.backend.cpu.layers.Matmul;
import dev.millrace.backend.cpu.layers.MatmulScratch;
import dev.millrace.backend.cpu.layers.MicroBatch;
import dev.millrace.backend.cpu.layers.Network;
import dev.millrace.backend.cpu.layers.Resources;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.MatrixStore;
import dev.millrace.backend.cpu.weights.PackedFolder;
import dev.millrace.machine.Memory;
import dev.millrace.machine.Processors;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.KernelSpeed;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Runs models on the processor: {@code cpu:assembled} with machine code that is made at run time, where the processor and the system
 * allow it, {@code cpu:vector} by the Vector API where the module {@code jdk.incubator.vector} is in the boot layer, and
 * {@code cpu:scalar} in plain Java anywhere.
 */
@Component(immediate = true, service = Backend.class, configurationPid = CpuSettings.PID)
public final class CpuBackend implements Backend {

    /** Listed one by one, so that a feature that is added later is refused until it is computed here. */
    private static final Set<Feature> FEATURES = Set.of(Feature.ATTENTION, Feature.SHORT_CONVOLUTION,
            Feature.HEAD_NORM, Feature.PROJECTION_NORM, Feature.ONE_HEAD_NORM, Feature.NO_POSITION,
            Feature.ROPE_PARTIAL, Feature.ROPE_INTERLEAVED, Feature.ROPE_SCALING, Feature.ROPE_BY_LENGTH,
            Feature.WINDOW, Feature.ATTENTION_SCALE, Feature.ATTENTION_SOFTCAP, Feature.ATTENTION_SINKS,
            Feature.ATTENTION_BIAS, Feature.NO_NORM_BEFORE, Feature.NORM_AFTER, Feature.NORM_ONE_PLUS,
            Feature.SWIGLU, Feature.GEGLU, Feature.CLAMPED_SWIGLU, Feature.FEED_FORWARD_BIAS, Feature.ROUTER_SIGMOID,
            Feature.ROUTER_SOFTMAX, Feature.ROUTER_SOFTMAX_OF_PICKED, Feature.ROUTER_BIAS, Feature.SHARED_EXPERT,
            Feature.SHARED_EXPERT_GATE, Feature.EMBEDDING_MULTIPLIER, Feature.RESIDUAL_MULTIPLIER,
            Feature.LOGITS_MULTIPLIER, Feature.LOGITS_SOFTCAP);

    private final Supplier<KernelSets> sets;
    private final PackedFolder folder;
    private final Supplier<Memory> memory;

    /** Looks for kernels, beside what the caller does next; warns once if there is no SIMD. */
    public CpuBackend() {
        this(Settings.ofSystem(new CpuSettings()));
    }

    /**
     * The same inside a framework.
     *
     * @param configuration values of {@link CpuSettings}
     */
    @Activate
    public CpuBackend(Map<String, ?> configuration) {
        this(Settings.ofSystem(new CpuSettings()).configured(configuration,
                complaint -> System.getLogger(CpuBackend.class.getName()).log(System.Logger.Level.WARNING, complaint)));
    }

    private CpuBackend(Settings settings) {
        this(packed(settings), Memory::now, settings.find(CpuSettings.ASSEMBLED, ""));
    }

    private static PackedFolder packed(Settings settings) {
        String folder = settings.find(CpuSettings.PACKED, "").value().orElse("");
        return PackedFolder.configured(folder.equals(CpuSettings.OFF), folder, settings.get(CpuSettings.PACKED_LIMIT));
    }

    /**
     * A backend of its own.
     *
     * @param folder keeps packed weights
     * @param memory figures of the machine
     */
    public CpuBackend(PackedFolder folder, Supplier<Memory> memory) {
        this(folder, memory, Settings.ofSystem(new CpuSettings()).find(CpuSettings.ASSEMBLED, ""));
    }

    private CpuBackend(PackedFolder folder, Supplier<Memory> memory, Settings.Found<String> assembled) {
        this.folder = folder;
        this.memory = memory;
        sets = ahead(assembled);
    }

    /**
     * Finds the kernels beside what is done next: to link native functions and to ask the processor takes nearly a tenth of a second.
     */
    private static Supplier<KernelSets> ahead(Settings.Found<String> assembled) {
        return CompletableFuture.supplyAsync(() -> KernelSets.here(assembled),
                task -> Thread.ofPlatform().daemon().name("millrace-cpu-kernels").start(task))::join;
    }

    @Override
    public String id() {
        return "cpu";
    }

    @Override
    public List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        long all = memory.get().total();
        String machine = Processors.here().available() + " processors (" + System.getProperty("os.arch")
                + "), ";
        for (KernelSets.Set set : sets.get().sets()) {
            devices.add(new Device(set.device(), id(), machine + set.description(), all));
        }
        return List.copyOf(devices);
    }

    @Override
    public Set<Feature> features() {
        return FEATURES;
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        KernelSets.Set set = sets.get().of(device.id());
        if (set == null) {
            return new Fit.Refused("The CPU backend has no device " + device.id() + " here, but "
                    + sets.get().sets().stream().map(s -> s.device() + " (" + s.description() + ")")
                            .collect(Collectors.joining(", "))
                    + "; cpu:vector needs Java to be started with --add-modules jdk.incubator.vector.",
                    Fit.Cause.DEVICE);
        }
        Kernels kernels = set.kernels();
        if (!(program instanceof Blueprint blueprint)) {
            return new Fit.Refused("The CPU backend computes with tensors and cannot run the graph of this "
                    + program.architecture()
                    + " model: give it to the ONNX backend (bundle dev.millrace.backend.onnx), or take the model's GGUF or safetensors file.",
                    Fit.Cause.PROGRAM);
        }
        String problem = Shapes.problem(blueprint);
        if (problem != null) {
            return new Fit.Refused(problem, Fit.Cause.SHAPE);
        }
        MemoryNeeds needs = MemoryNeeds.of(blueprint, options, kernels);
        String tooMuch = needs.refusal(blueprint.architecture(), memory.get(), folder.keeps(needs.weights()));
        if (tooMuch != null) {
            return new Fit.Refused(tooMuch, Fit.Cause.MEMORY, needs.total());
        }
        if (needs.scratch() > Runtime.getRuntime().maxMemory()) {
            return new Fit.Refused("This " + blueprint.architecture() + " model needs "
                    + Memory.gigabytes(needs.scratch())
                    + " of Java heap for activations, but the heap is limited to "
                    + Memory.gigabytes(Runtime.getRuntime().maxMemory()) + "; start Java with a larger -Xmx.");
        }
        return new Fit.Good(set.score(), needs.total());
    }

    private @Nullable Kernels kernels(Device device) {
        KernelSets.Set set = sets.get().of(device.id());
        return set == null ? null : set.kernels();
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        return load(program, device, options, progress, Arena::ofShared);
    }

    /**
     * Loads a model.
     *
     * @param pages gives each page of keys and values its memory, which is closed with the page; throws {@link OutOfMemoryError} if
     *            there is none
     */
    Executor load(Program program, Device device, LoadOptions options, Progress progress, Supplier<Arena> pages) {
        Kernels kernels = kernels(device);
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        if (kernels == null || !(program instanceof Blueprint blueprint)) {
            throw new BackendException("The CPU backend has no device " + device.id() + ".");
        }
        KvGroups groups = KvGroups.of(blueprint, MemoryNeeds.keyValueType(blueprint, options));
        int threads = Processors.here().threads(options.threads());
        MemoryNeeds needs = MemoryNeeds.of(blueprint, options, kernels);
        Arena arena = Arena.ofShared();
        Workers workers = null;
        try (Warmup warmup = Warmup.start(kernels, blueprint, options.precision(), groups.type(), needs.weights())) {
            workers = new Workers(threads);
            Network network = Loading.load(blueprint, groups,
                    new MatrixStore(folder.of(options.identity()), kernels, workers, arena, progress,
                            () -> checkInMemory(blueprint, needs)));
            CpuExecutor executor = executor(network, groups, options, kernels, workers, arena, pages);
            warmup.await();
            executor.rehearse();
            progress.update("ready", 1);
            return executor;
        } catch (OutOfMemoryError e) {
            release(workers, arena);
            throw Workers.failed(e);
        } catch (RuntimeException | Error e) {
            release(workers, arena);
            throw e;
        }
    }

    /** Weights that could not be kept in the folder after all must fit into memory that is available. */
    private void checkInMemory(Blueprint blueprint, MemoryNeeds needs) {
        String tooMuch = needs.refusal(blueprint.architecture(), memory.get(), false);
        if (tooMuch != null) {
            throw new BackendException(tooMuch);
        }
    }

    @Override
    public List<KernelSpeed> measure(Device device, Duration each) {
        Kernels kernels = kernels(device);
        return kernels == null ? List.of() : KernelMeasurements.of(kernels, each);
    }

    private static void release(@Nullable Workers workers, Arena arena) {
        if (workers != null) {
            workers.close();
        }
        arena.close();
    }

    private static CpuExecutor executor(Network network, KvGroups groups, LoadOptions options, Kernels kernels,
            Workers workers, Arena arena, Supplier<Arena> pages) {
        Blueprint blueprint = network.blueprint();
        int tokens = Math.min(MicroBatch.MOST, options.context());
        MatmulScratch[] scratch = new MatmulScratch[workers.count()];
        int columns = network.longestRow();
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new MatmulScratch(columns, kernels.lanes());
        }
        Resources machine = new Resources(kernels, workers,
                new Matmul(kernels, workers, scratch, options.precision() == Precision.EXACT),
                new Buffers(blueprint, tokens), AttentionMemory.of(blueprint, workers.count(), options.context()));
        MicroBatch batch = new MicroBatch(tokens);
        return new CpuExecutor(network, groups, options.context(), workers, arena, pages, batch,
                new ForwardPass(network, machine, scratch[0], batch));
    }
}
