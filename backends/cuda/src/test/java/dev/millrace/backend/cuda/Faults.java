/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.backend.cuda.runtime.CudaDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** What tests tell the emulated driver, and ask it: the functions {@code emulated_*} of emulated_driver.cpp. */
final class Faults {

    /** Kinds of calls, as in emulated_driver.cpp. */
    enum Call {
        ALLOC(0), HOST_ALLOC(1), LAUNCH(2), COPY(3), WAIT(4), STREAM(5), MODULE(6), FUNCTION(7), GRAPH(8), EARLY(
                9), EVENT(
                        10);

        private final int number;

        Call(int number) {
            this.number = number;
        }
    }

    /** A barrier of the sources. */
    record Barrier(int number, String file, int line) {
    }

    static final int OUT_OF_MEMORY = 2;
    /** What emulated devices have, in bytes. */
    static final long MEMORY = 1L << 32;
    static final int ILLEGAL_ADDRESS = 700;
    static final int LAUNCH_FAILED = 719;
    static final int NO_BINARY = 209;

    private final SymbolLookup library;

    /** Of the driver that {@link Emulated} has built. */
    @SuppressWarnings("restricted") // our own library
    Faults() {
        Emulated.backend();
        library = SymbolLookup.libraryLookup(Path.of(System.getProperty(CudaDriver.LIBRARY)), Arena.global());
    }

    @SuppressWarnings("restricted") // our own library
    private MethodHandle handle(String name, FunctionDescriptor shape) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow("emulated_" + name), shape);
    }

    private static IllegalStateException broken(Throwable e) {
        return new IllegalStateException("The emulated driver cannot be told.", e);
    }

    /** The n-th call of a kind from now on fails; with a code of 700 or more the device is lost. */
    void fail(Call call, long n, int code) {
        try {
            handle("fail", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))
                    .invokeExact(call.number, n, code);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Calls of a kind so far. */
    long called(Call call) {
        return number("called", call.number);
    }

    /** What is in use: bytes for memory, else a number of things. */
    long live(Call call) {
        return number("live", call.number);
    }

    /** The same of one device. */
    long live(Call call, int device) {
        try {
            return (long) handle("live_on",
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(call.number, device);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** What is queued on devices and not done. */
    long waiting() {
        try {
            return (long) handle("waiting", FunctionDescriptor.of(ValueLayout.JAVA_LONG)).invokeExact();
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** The memory of each device from now on, in bytes. */
    void memory(long bytes) {
        try {
            handle("memory", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG)).invokeExact(bytes);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** So many devices are there from now on, two at most. */
    void devices(int count) {
        tell("devices", count);
    }

    private void tell(String name, int number) {
        try {
            handle(name, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)).invokeExact(number);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    private long number(String name, int argument) {
        try {
            return (long) handle(name, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))
                    .invokeExact(argument);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** The order in which threads of a block run from now on. */
    void schedule(long seed) {
        try {
            handle("schedule", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG)).invokeExact(seed);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** What the device says it can compute from now on, as in {@code CudaDriver.capability}. */
    void capability(int tenfold) {
        tell("capability", tenfold);
    }

    /** Whether from now on all is done when it is queued, as by a device that is faster than Java; else as late as may be. */
    void hurry(boolean now) {
        tell("hurry", now ? 1 : 0);
    }

    /** Leaves a barrier out; -1: none. */
    void drop(int barrier) {
        tell("drop", barrier);
    }

    /** Barriers that have been met so far. */
    int barriers() {
        try {
            return (int) handle("barriers", FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @SuppressWarnings("restricted") // our own library
    Barrier barrier(int number) {
        try {
            MemorySegment file = (MemorySegment) handle("barrier_file",
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT)).invokeExact(number);
            int line = (int) handle("barrier_line",
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)).invokeExact(number);
            String path = text(file);
            return new Barrier(number, path.substring(path.lastIndexOf('/') + 1), line);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** The kernels that were found in modules, since this was asked last. */
    Set<String> kernels() {
        try {
            int count = (int) handle("kernels", FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact();
            Set<String> names = new TreeSet<>();
            for (int i = 0; i < count; i++) {
                names.add(text((MemorySegment) handle("kernel",
                        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT)).invokeExact(i)));
            }
            handle("forget_kernels", FunctionDescriptor.ofVoid()).invokeExact();
            return names;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @SuppressWarnings("restricted") // our own library
    private static String text(MemorySegment address) {
        return address.reinterpret(Integer.MAX_VALUE).getString(0);
    }
}
