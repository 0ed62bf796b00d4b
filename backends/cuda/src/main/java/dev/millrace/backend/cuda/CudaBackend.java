/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cuda.runtime.CudaDriver;
import dev.millrace.backend.cuda.runtime.CudaException;
import dev.millrace.machine.CacheFolder;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Runs blueprints on NVIDIA devices. Looks for the driver when it is first asked for devices, and says once why there are none. */
@Component(immediate = true, service = Backend.class)
public final class CudaBackend implements Backend {

    private static final System.Logger LOG = System.getLogger(CudaBackend.class.getName());
    private static final int LEAST_CAPABILITY = 80;
    private static final Set<Feature> FEATURES = Set.of(Feature.ATTENTION, Feature.SHORT_CONVOLUTION,
            Feature.HEAD_NORM, Feature.PROJECTION_NORM, Feature.ONE_HEAD_NORM, Feature.NO_POSITION,
            Feature.ROPE_PARTIAL, Feature.ROPE_INTERLEAVED,
            Feature.ROPE_SCALING, Feature.ROPE_BY_LENGTH, Feature.WINDOW, Feature.ATTENTION_SCALE,
            Feature.ATTENTION_SOFTCAP,
            Feature.ATTENTION_SINKS, Feature.ATTENTION_BIAS, Feature.NO_NORM_BEFORE, Feature.NORM_AFTER,
            Feature.NORM_ONE_PLUS, Feature.SWIGLU, Feature.GEGLU,
            Feature.CLAMPED_SWIGLU, Feature.FEED_FORWARD_BIAS, Feature.ROUTER_SIGMOID, Feature.ROUTER_SOFTMAX,
            Feature.ROUTER_SOFTMAX_OF_PICKED, Feature.ROUTER_BIAS, Feature.SHARED_EXPERT, Feature.SHARED_EXPERT_GATE,
            Feature.EMBEDDING_MULTIPLIER,
            Feature.RESIDUAL_MULTIPLIER, Feature.LOGITS_MULTIPLIER, Feature.LOGITS_SOFTCAP);

    private final OpenDevices open = new OpenDevices();
    private @Nullable CudaDriver driver;
    private @Nullable String problem;

    /** Opens nothing yet. */
    public CudaBackend() {
    }

    @Override
    public String id() {
        return "cuda";
    }

    private synchronized @Nullable CudaDriver driver() {
        if (driver == null && problem == null) {
            try {
                CudaDriver opened = CudaDriver.open(CacheFolder.ofUser().path());
                if (opened.devices() == 0) {
                    problem = "The CUDA driver finds no NVIDIA device.";
                } else {
                    driver = opened;
                }
            } catch (IOException | CudaException e) {
                problem = e.getMessage();
            }
            if (problem != null) {
                LOG.log(System.Logger.Level.DEBUG, problem);
            }
        }
        return driver;
    }

    /** Why there is no device, in a sentence; empty if there is one. */
    String problem() {
        CudaDriver opened = driver();
        if (opened == null) {
            return problem == null ? "" : problem;
        }
        for (int i = 0; i < opened.devices(); i++) {
            if (opened.capability(i) >= LEAST_CAPABILITY) {
                return "";
            }
        }
        return "The NVIDIA device here has compute capability " + capability(opened, 0)
                + "; the CUDA backend needs 8.0.";
    }

    private static String capability(CudaDriver driver, int device) {
        return driver.capability(device) / 10 + "." + driver.capability(device) % 10;
    }

    @Override
    public List<Device> devices() {
        CudaDriver opened = driver();
        if (opened == null) {
            return List.of();
        }
        List<Device> devices = new ArrayList<>();
        for (int i = 0; i < opened.devices(); i++) {
            if (opened.capability(i) >= LEAST_CAPABILITY) {
                devices.add(new Device(id() + ":" + i, id(),
                        opened.name(i) + ", compute capability " + capability(opened, i) + ", CUDA "
                                + opened.version() / 1000 + "." + opened.version() % 1000 / 10,
                        opened.memory(i)));
            }
        }
        return List.copyOf(devices);
    }

    @Override
    public Set<Feature> features() {
        return FEATURES;
    }

    private int number(Device device) {
        return devices().stream().map(Device::id).anyMatch(device.id()::equals)
                ? Integer.parseInt(device.id().substring(id().length() + 1))
                : -1;
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        if (number(device) < 0) {
            String why = problem();
            return new Fit.Refused(why.isEmpty() ? "The CUDA backend has no device " + device.id() + "." : why,
                    Fit.Cause.DEVICE);
        }
        if (!(program instanceof Blueprint blueprint)) {
            return new Fit.Refused("The CUDA backend computes with tensors and cannot run the graph of this "
                    + program.architecture() + " model: take the model's GGUF or safetensors file.", Fit.Cause.PROGRAM);
        }
        Fit.Refused refused = Shapes.problem(blueprint, FEATURES);
        if (refused != null) {
            return refused;
        }
        Needs needs = Needs.of(blueprint, options, device.memoryBytes());
        if (needs.total() > device.memoryBytes()) {
            return new Fit.Refused(String.format(Locale.ROOT,
                    "This %s model needs %.1f GB on the device, which has %.1f GB: take a smaller quantisation or a shorter context.",
                    blueprint.architecture(), needs.total() / 1e9, device.memoryBytes() / 1e9), Fit.Cause.MEMORY,
                    needs.total());
        }
        return new Fit.Good(1000, needs.total());
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        CudaDriver opened = driver();
        if (opened == null || !(program instanceof Blueprint blueprint)) {
            throw new BackendException("The CUDA backend has no device " + device.id() + ".");
        }
        Gpu gpu = null;
        boolean done = false;
        try {
            int number = number(device);
            gpu = new Gpu(open.use(opened, number), opened.capability(number),
                    opened.launchesEarly(number));
            Executor executor = executor(gpu, blueprint, options, Needs.of(blueprint, options, device.memoryBytes()),
                    progress);
            progress.update("ready", 1);
            done = true;
            return executor;
        } catch (CudaException e) {
            if (e.isLasting() && gpu != null) {
                gpu.lost();
            }
            throw new BackendException("This " + blueprint.architecture() + " model cannot be loaded to " + device.id()
                    + ": " + e.getMessage(), e);
        } finally {
            if (!done && gpu != null) {
                gpu.close();
            }
        }
    }

    private static Executor executor(Gpu gpu, Blueprint blueprint, LoadOptions options, Needs needs,
            Progress progress) {
        KvLayout layout = KvLayout.of(blueprint, options);
        Network network = Loading.load(gpu, blueprint, layout, progress);
        Limits limits = Limits.of(needs.tokens()).withSequences(needs.sequences()).withStates(true)
                .withSharedForks(true).withRollback(layout.stateBytes() > 0 ? 0 : Limits.ANY_ROLLBACK);
        Batch batch = new Batch(gpu, needs.tokens(), needs.sequences(), needs.pages());
        ForwardPass pass = new ForwardPass(gpu, network, layout, options.precision() == Precision.EXACT,
                Sizes.of(blueprint), needs.tokens(), needs.sequences(), needs.logitRows());
        CudaExecutor executor = new CudaExecutor(gpu, blueprint, options.context(), layout, limits, batch, pass);
        progress.update("loading kernels", 0.99);
        executor.loadKernels();
        return executor;
    }

    /** Gives the devices back. */
    @Deactivate
    void close() {
        open.close();
    }
}
