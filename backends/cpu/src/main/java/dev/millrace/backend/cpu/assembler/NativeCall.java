/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls native functions. All calls have one shape, six 64-bit numbers, of which a function takes those that it needs: a shape costs
 * some hundredths of a second when it is first linked.
 */
final class NativeCall {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Linked once, when it is first needed. */
    private static final class Linked {

        @SuppressWarnings("restricted") // this is the place that may
        static final MethodHandle CALL = Linker.nativeLinker()
                .downcallHandle(FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG));
    }

    private NativeCall() {
    }

    /** Calls a function with its arguments, and others that it does not look at. */
    static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) Linked.CALL.invokeExact(function, a, b, c, d, e, f);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new IllegalStateException("machine code throws nothing", thrown);
        }
    }

    /** Calls a function of four arguments. */
    static long call(MemorySegment function, long a, long b, long c, long d) {
        return call(function, a, b, c, d, 0, 0);
    }
}
