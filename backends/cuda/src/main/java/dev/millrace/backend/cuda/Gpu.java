/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cuda.runtime.CudaContext;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One queue of a device with the kernels, and all memory that was allocated through it, which {@link #close} frees. For one thread at
 * a time; each calls {@link #enter} first.
 */
final class Gpu implements AutoCloseable {

    private static final String PTX = "/kernels/kernels_80.ptx";
    private static final long ARGUMENTS = 512;

    private final CudaContext context;
    private final Arena arena = Arena.ofShared();
    private final Arguments arguments = new Arguments(arena.allocate(ARGUMENTS, 16));
    private final Map<String, Long> functions = new HashMap<>();
    private final List<Long> allocations = new ArrayList<>();
    private final List<MemorySegment> hostAllocations = new ArrayList<>();
    private final List<Long> graphs = new ArrayList<>();
    private final long stream;
    private long module;
    private boolean closed;

    Gpu(CudaContext context) {
        this.context = context;
        context.enter();
        stream = context.stream();
        try {
            module = loadKernels();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private long loadKernels() {
        try (InputStream in = Gpu.class.getResourceAsStream(PTX); Arena image = Arena.ofConfined()) {
            if (in == null) {
                throw new BackendException("The bundle of the CUDA backend has no kernels (" + PTX + ").");
            }
            byte[] text = in.readAllBytes();
            MemorySegment copy = image.allocate(text.length + 1L);
            MemorySegment.copy(MemorySegment.ofArray(text), 0, copy, 0, text.length);
            return context.module(copy);
        } catch (IOException e) {
            throw new BackendException("The kernels of the CUDA backend cannot be read (" + e + ").", e);
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
            context.toDevice(to, from, bytes, stream);
        }
    }

    void toHost(MemorySegment to, long from, long bytes) {
        if (bytes > 0) {
            context.toHost(to, from, bytes, stream);
        }
    }

    void copy(long to, long from, long bytes) {
        if (bytes > 0) {
            context.copy(to, from, bytes, stream);
        }
    }

    void zero(long address, long bytes) {
        if (bytes > 0) {
            context.fill(address, 0, bytes, stream);
        }
    }

    void await() {
        context.await(stream);
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
        Long function = functions.get(kernel);
        if (function == null) {
            function = context.function(module, kernel);
            functions.put(kernel, function);
        }
        context.launch(function, Math.toIntExact(x), Math.toIntExact(y), Math.toIntExact(z), threads, stream,
                arguments.memory(), arguments.size());
    }

    /** Records what an action queues; nothing of it is done. */
    long record(Runnable action) {
        context.record(stream);
        boolean done = false;
        try {
            action.run();
            done = true;
        } finally {
            if (!done) {
                context.destroyGraph(context.recorded(stream));
            }
        }
        long graph = context.recorded(stream);
        graphs.add(graph);
        return graph;
    }

    void replay(long graph) {
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
        context.enter();
        try {
            graphs.forEach(context::destroyGraph);
            allocations.forEach(context::free);
            hostAllocations.forEach(context::freeHost);
            if (module != 0) {
                context.unload(module);
            }
            context.destroyStream(stream);
        } finally {
            arena.close();
        }
    }
}
