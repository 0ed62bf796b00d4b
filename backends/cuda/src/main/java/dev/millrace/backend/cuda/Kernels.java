/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cuda.runtime.CudaContext;
import dev.millrace.backend.cuda.runtime.CudaException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of this bundle, each in a module of its own, which is loaded when the kernel is first asked for: a model needs few of all that
 * there are. A module is machine code where the bundle brings some that suits the device and the driver takes it, else PTX, which the driver
 * compiles.
 */
final class Kernels {

    private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

    private final CudaContext context;
    private final int capability;
    private final boolean early;
    private final List<Module> modules = new ArrayList<>();
    private final Map<String, Kernel> kernels = new HashMap<>();

    /**
     * A kernel.
     *
     * @param function its handle
     * @param waits whether it waits itself for what is in front of it
     */
    record Kernel(long function, boolean waits) {
    }

    private record Module(long handle, boolean waits) {
    }

    /**
     * Nothing is loaded yet.
     *
     * @param capability of the device, as in {@code CudaDriver.capability}
     * @param early whether it launches kernels before those in front of them have ended
     */
    Kernels(CudaContext context, int capability, boolean early) {
        this.context = context;
        this.capability = capability;
        this.early = early;
    }

    /** A kernel by its name. */
    Kernel kernel(String name) {
        Kernel kernel = kernels.get(name);
        if (kernel == null) {
            Module module = load(name);
            modules.add(module);
            kernel = new Kernel(context.function(module.handle(), name), module.waits());
            kernels.put(name, kernel);
        }
        return kernel;
    }

    private Module load(String kernel) {
        try {
            if (early) {
                // machine code was made without the waits
                Long handle = loadIfTaken(Ptx.waiting(ptx(kernel)), kernel + ".ptx with waits");
                if (handle != null) {
                    return new Module(handle, true);
                }
            }
            for (String resource : machineCode(kernel, capability)) {
                byte[] code = read(resource);
                Long handle = code == null ? null : loadIfTaken(code, resource);
                if (handle != null) {
                    return new Module(handle, false);
                }
            }
            return new Module(load(ptx(kernel)), false);
        } catch (IOException e) {
            throw new BackendException("The kernels of the CUDA backend cannot be read (" + e + ").", e);
        }
    }

    private static byte[] ptx(String kernel) throws IOException {
        byte[] text = read("/kernels/" + kernel + ".ptx");
        if (text == null) {
            throw new BackendException("The bundle of the CUDA backend has no kernel " + kernel + ".");
        }
        return text;
    }

    /** Null if the driver refuses it, which another form of the same kernels may mend. */
    private @Nullable Long loadIfTaken(byte[] code, String what) {
        try {
            return load(code);
        } catch (CudaException e) {
            if (e.isLasting() || e.isOutOfMemory()) {
                throw e;
            }
            LOG.log(System.Logger.Level.DEBUG, "{0} is not taken: {1}", what, e.getMessage());
            return null;
        }
    }

    /** Where machine code for a device would be, the best first: that of the same generation, no newer than it. */
    static List<String> machineCode(String kernel, int capability) {
        List<String> resources = new ArrayList<>();
        for (int made = capability; made >= capability / 10 * 10; made--) {
            resources.add("/kernels/" + made + "/" + kernel + ".cubin");
        }
        return resources;
    }

    private static byte @Nullable [] read(String resource) throws IOException {
        try (InputStream in = Kernels.class.getResourceAsStream(resource)) {
            return in == null ? null : in.readAllBytes();
        }
    }

    private long load(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            // PTX ends with a zero
            MemorySegment image = arena.allocate(bytes.length + 1L, 16);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, image, 0, bytes.length);
            return context.module(image);
        }
    }

    /** Unloads all. */
    void unload() {
        modules.forEach(module -> context.unload(module.handle()));
        modules.clear();
        kernels.clear();
    }
}
