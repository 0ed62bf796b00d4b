/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A device open for computing. Addresses and handles are those of the driver, as longs; whoever makes them frees them. Each
 * thread calls {@link #enter} before anything else. Copies and launches are queued on a stream; {@link #await} waits for them.
 */
public final class CudaContext implements AutoCloseable {

    private final int device;
    private final long context;
    private boolean closed;

    CudaContext(int device, long context) {
        this.device = device;
        this.context = context;
    }

    /** Makes this device the one that the calls of this thread mean. */
    public void enter() {
        CudaDriver.check(CudaCalls.mr_current(context), "use a device");
    }

    /**
     * Memory that nobody uses.
     *
     * @return bytes
     */
    public long freeMemory() {
        return CudaDriver.value(CudaCalls.mr_free_memory(), "tell its free memory");
    }

    /**
     * Allocates on the device.
     *
     * @param bytes 1 or more
     * @return an address, for 16-byte loads at least; the memory holds anything
     * @throws CudaException if there is no room, too
     */
    public long allocate(long bytes) {
        return CudaDriver.value(CudaCalls.mr_alloc(bytes), "allocate " + bytes + " bytes on the device");
    }

    /**
     * Frees memory of the device. Waits for what uses it.
     *
     * @param address from {@link #allocate}
     */
    public void free(long address) {
        CudaDriver.check(CudaCalls.mr_free(address), "free memory");
    }

    /**
     * Allocates on the host so that the device can copy while Java goes on.
     *
     * @param bytes 1 or more
     * @return the memory; freed by {@link #freeHost}
     */
    @SuppressWarnings("restricted") // the driver says how large it is
    public MemorySegment allocateHost(long bytes) {
        long address = CudaDriver.value(CudaCalls.mr_host_alloc(bytes), "allocate " + bytes + " bytes on the host");
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /**
     * Frees memory of the host.
     *
     * @param memory from {@link #allocateHost}
     */
    public void freeHost(MemorySegment memory) {
        CudaDriver.check(CudaCalls.mr_host_free(memory.address()), "free memory of the host");
    }

    /**
     * Copies to the device.
     *
     * @param to an address there
     * @param from off the heap; unchanged until the copy is done
     * @param bytes how many
     * @param stream the queue
     */
    public void toDevice(long to, MemorySegment from, long bytes, long stream) {
        CudaDriver.check(CudaCalls.mr_to_device(to, from.address(), bytes, stream), "copy to the device");
    }

    /**
     * Copies from the device.
     *
     * @param to off the heap
     * @param from an address there
     * @param bytes how many
     * @param stream the queue
     */
    public void toHost(MemorySegment to, long from, long bytes, long stream) {
        CudaDriver.check(CudaCalls.mr_to_host(to.address(), from, bytes, stream), "copy from the device");
    }

    /**
     * Copies within the device.
     *
     * @param to an address
     * @param from an address
     * @param bytes how many
     * @param stream the queue
     */
    public void copy(long to, long from, long bytes, long stream) {
        CudaDriver.check(CudaCalls.mr_copy(to, from, bytes, stream), "copy within the device");
    }

    /**
     * Fills memory of the device.
     *
     * @param address where
     * @param value of each byte
     * @param bytes how many
     * @param stream the queue
     */
    public void fill(long address, int value, long bytes, long stream) {
        CudaDriver.check(CudaCalls.mr_fill(address, value, bytes, stream), "fill memory");
    }

    /**
     * A new queue.
     *
     * @return a handle, for {@link #destroyStream}
     */
    public long stream() {
        return CudaDriver.value(CudaCalls.mr_stream(), "make a stream");
    }

    /**
     * Ends a queue.
     *
     * @param stream the handle
     */
    public void destroyStream(long stream) {
        CudaDriver.check(CudaCalls.mr_stream_destroy(stream), "end a stream");
    }

    /**
     * Waits until all that is queued is done.
     *
     * @param stream the queue
     * @throws CudaException if something of it failed
     */
    public void await(long stream) {
        CudaDriver.check(CudaCalls.mr_wait(stream), "finish computing");
    }

    /**
     * A new place in a queue, for those who wait for a part of what is queued.
     *
     * @return a handle, for {@link #destroyEvent}
     */
    public long event() {
        return CudaDriver.value(CudaCalls.mr_event(), "make an event");
    }

    /**
     * Frees an event.
     *
     * @param event the handle
     */
    public void destroyEvent(long event) {
        CudaDriver.check(CudaCalls.mr_event_destroy(event), "free an event");
    }

    /**
     * Puts an event behind all that is queued so far.
     *
     * @param event the handle; where it was before is forgotten
     * @param stream the queue
     */
    public void mark(long event, long stream) {
        CudaDriver.check(CudaCalls.mr_mark(event, stream), "mark a place in a queue");
    }

    /**
     * Waits until all that is queued in front of an event is done.
     *
     * @param event the handle
     * @throws CudaException if something of it failed
     */
    public void awaitEvent(long event) {
        CudaDriver.check(CudaCalls.mr_reach(event), "finish computing");
    }

    /**
     * Loads kernels.
     *
     * @param image a cubin, or the text of PTX with a zero behind it
     * @return a handle, for {@link #unload}
     */
    public long module(MemorySegment image) {
        return CudaDriver.value(CudaCalls.mr_module(image.address()), "load kernels");
    }

    /**
     * Unloads kernels.
     *
     * @param module the handle
     */
    public void unload(long module) {
        CudaDriver.check(CudaCalls.mr_unload(module), "unload kernels");
    }

    /**
     * Finds a kernel.
     *
     * @param module the handle of its module
     * @param name its name
     * @return a handle
     */
    public long function(long module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return CudaDriver.value(CudaCalls.mr_function(module, arena.allocateFrom(name).address()),
                    "find the kernel " + name);
        }
    }

    /**
     * Launches a kernel.
     *
     * @param function its handle
     * @param x blocks of the grid
     * @param y blocks of the grid
     * @param z blocks of the grid
     * @param threads of a block
     * @param early whether it may begin before the kernel in front of it has ended (programmatic dependent launch): it then waits itself
     *        for what that one leaves, with {@code griddepcontrol.wait}, and a kernel was queued last
     * @param stream the queue
     * @param arguments packed as the kernel lays them out; read before this returns
     * @param bytes how many of them
     */
    public void launch(long function, int x, int y, int z, int threads, boolean early, long stream,
            MemorySegment arguments, long bytes) {
        CudaDriver.check(CudaCalls.mr_launch(function, x, y, z, threads, early ? 1 : 0, stream, arguments.address(),
                bytes), "launch a kernel");
    }

    /**
     * Records what this thread queues from now on, instead of doing it.
     *
     * @param stream the queue
     */
    public void record(long stream) {
        CudaDriver.check(CudaCalls.mr_capture(stream), "record a graph");
    }

    /**
     * Ends recording.
     *
     * @param stream the queue
     * @return a graph, for {@link #destroyGraph}
     */
    public long recorded(long stream) {
        return CudaDriver.value(CudaCalls.mr_captured(stream), "make a graph");
    }

    /**
     * Queues all that was recorded.
     *
     * @param graph the handle
     * @param stream the queue
     */
    public void replay(long graph, long stream) {
        CudaDriver.check(CudaCalls.mr_replay(graph, stream), "launch a graph");
    }

    /**
     * Frees a graph.
     *
     * @param graph the handle
     */
    public void destroyGraph(long graph) {
        CudaDriver.check(CudaCalls.mr_graph_destroy(graph), "free a graph");
    }

    /** Gives the device back. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            CudaDriver.check(CudaCalls.mr_release(device), "give a device back");
        }
    }
}
