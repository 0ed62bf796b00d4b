/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.backend.cuda.runtime.CudaContext;
import dev.millrace.backend.cuda.runtime.CudaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One queue of a device with the kernels, and all memory that was allocated through it, which {@link #close} frees. For one thread at
 * a time; each calls {@link #enter} first.
 */
final class Gpu implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Gpu.class.getName());
    private static final long ARGUMENTS = 512;

    private final OpenDevices.Use use;
    private final CudaContext context;
    private final Arena arena = Arena.ofShared();
    private final Arguments arguments = new Arguments(arena.allocate(ARGUMENTS, 16));
    private final Kernels kernels;
    private final List<Long> allocations = new ArrayList<>();
    private final List<MemorySegment> hostAllocations = new ArrayList<>();
    private final List<Long> graphs = new ArrayList<>();
    private final long stream;
    private final long event;
    /** Whether a kernel was queued last, which the next one need not wait for before it begins. */
    private boolean afterKernel;
    private boolean loading;
    private boolean closed;

    /**
     * A queue.
     *
     * @param use ends when this is closed
     * @param capability of the device, as in {@code CudaDriver.capability}
     * @param early as in {@code CudaDriver.launchesEarly}
     */
    Gpu(OpenDevices.Use use, int capability, boolean early) {
        this.use = use;
        context = use.context();
        kernels = new Kernels(context, capability, early);
        boolean done = false;
        try {
            context.enter();
            stream = context.stream();
            event = event();
            done = true;
        } finally {
            if (!done) {
                arena.close();
                use.close();
            }
        }
    }

    private long event() {
        boolean done = false;
        try {
            long made = context.event();
            done = true;
            return made;
        } finally {
            if (!done) {
                context.destroyStream(stream);
            }
        }
    }

    void enter() {
        context.enter();
    }

    long freeMemory() {
        return context.freeMemory();
    }

    /** Memory of the device that stays until this is closed. */
    long allocate(long bytes) {
        long address = context.allocate(Math.max(bytes, 16));
        allocations.add(address);
        return address;
    }

    void free(long address) {
        if (allocations.remove((Long) address)) {
            context.free(address);
        }
    }

    MemorySegment allocateHost(long bytes) {
        MemorySegment memory = context.allocateHost(bytes);
        hostAllocations.add(memory);
        return memory;
    }

    void freeHost(MemorySegment memory) {
        if (hostAllocations.remove(memory)) {
            context.freeHost(memory);
        }
    }

    void toDevice(long to, MemorySegment from, long bytes) {
        if (bytes > 0) {
            afterKernel = false;
            context.toDevice(to, from, bytes, stream);
        }
    }

    void toHost(MemorySegment to, long from, long bytes) {
        if (bytes > 0) {
            afterKernel = false;
            context.toHost(to, from, bytes, stream);
        }
    }

    void copy(long to, long from, long bytes) {
        if (bytes > 0) {
            afterKernel = false;
            context.copy(to, from, bytes, stream);
        }
    }

    void zero(long address, long bytes) {
        if (bytes > 0) {
            afterKernel = false;
            context.fill(address, 0, bytes, stream);
        }
    }

    void await() {
        context.await(stream);
    }

    /** Marks what is queued so far, for {@link #awaitMark}; there is one mark. */
    void mark() {
        afterKernel = false;
        context.mark(event, stream);
    }

    /** Waits for what was queued before the mark, while the device goes on with what was queued after it. */
    void awaitMark() {
        context.awaitEvent(event);
    }

    /** Empty arguments for the next launch. */
    Arguments arguments() {
        return arguments.clear();
    }

    /** The arguments so far, for more. */
    Arguments more() {
        return arguments;
    }

    /** Queues a kernel with the arguments that were put together last. */
    void launch(String kernel, long x, long y, long z, int threads) {
        Kernels.Kernel known = kernels.kernel(kernel);
        if (loading) {
            return;
        }
        boolean early = afterKernel && known.waits();
        context.launch(known.function(), Math.toIntExact(x), Math.toIntExact(y), Math.toIntExact(z), threads, early,
                stream, arguments.memory(), arguments.size());
        afterKernel = true;
    }

    /** Loads the kernels that an action launches, and launches none: else they would be loaded, and compiled, when they are needed first. */
    void load(Runnable action) {
        loading = true;
        try {
            action.run();
        } finally {
            loading = false;
        }
    }

    /** Records what an action queues; nothing of it is done. */
    long record(Runnable action) {
        context.record(stream);
        afterKernel = false;
        boolean done = false;
        try {
            action.run();
            done = true;
        } finally {
            afterKernel = false;
            if (!done) {
                context.destroyGraph(context.recorded(stream));
            }
        }
        long graph = context.recorded(stream);
        graphs.add(graph);
        return graph;
    }

    void replay(long graph) {
        afterKernel = false;
        context.replay(graph, stream);
    }

    void destroyGraph(long graph) {
        if (graphs.remove((Long) graph)) {
            context.destroyGraph(graph);
        }
    }

    /** Frees everything. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            context.enter();
            // whatever fails, the rest is given back; a pass may still run: the driver waits for it before it frees memory
            graphs.forEach(graph -> free(() -> context.destroyGraph(graph)));
            allocations.forEach(address -> free(() -> context.free(address)));
            hostAllocations.forEach(memory -> free(() -> context.freeHost(memory)));
            free(kernels::unload);
            free(() -> context.destroyEvent(event));
            free(() -> context.destroyStream(stream));
        } catch (CudaException e) {
            // a device that is lost has nothing any more that could be freed
            LOG.log(System.Logger.Level.DEBUG, e.getMessage());
        } finally {
            arena.close();
            use.close();
        }
    }

    /** Ends this because the device is lost: the driver is not called any more, and has nothing that could be freed. */
    void lost() {
        if (!closed) {
            closed = true;
            arena.close();
            use.close();
        }
    }

    private static void free(Runnable one) {
        try {
            one.run();
        } catch (CudaException e) {
            LOG.log(System.Logger.Level.DEBUG, e.getMessage());
        }
    }
}
