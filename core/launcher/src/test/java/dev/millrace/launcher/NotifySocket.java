/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** The socket at which a service manager listens. Waits for a message for a minute at most. */
final class NotifySocket implements AutoCloseable {

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final long FIONREAD = 0x541B;

    private final int socket;

    private NotifySocket(int socket) {
        this.socket = socket;
    }

    @SuppressWarnings("restricted")
    private static int call(String name, Object... arguments) {
        ValueLayout[] layouts = new ValueLayout[arguments.length];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = switch (arguments[i]) {
                case Integer _ -> ValueLayout.JAVA_INT;
                case Long _ -> ValueLayout.JAVA_LONG;
                default -> ValueLayout.ADDRESS;
            };
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle function = linker.downcallHandle(linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts));
        try {
            int result = (int) function.invokeWithArguments(arguments);
            if (result < 0) {
                throw new AssertionError(name + " failed");
            }
            return result;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static NotifySocket bind(String name) {
        int socket = call("socket", 1, 2, 0);
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            MemorySegment address = arena.allocate(2L + bytes.length + 1, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
            MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 2, bytes.length);
            boolean file = bytes[0] != '@';
            if (!file) {
                address.set(ValueLayout.JAVA_BYTE, 2, (byte) 0);
            }
            call("bind", socket, address, 2 + bytes.length + (file ? 1 : 0));
            MemorySegment minute = arena.allocateFrom(ValueLayout.JAVA_LONG, 60, 0);
            call("setsockopt", socket, SOL_SOCKET, SO_RCVTIMEO, minute, 16);
        }
        return new NotifySocket(socket);
    }

    String receive() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(4096);
            int bytes = call("recv", socket, buffer, 4096L, 0);
            return new String(buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    /** Whether there is one that was not received. */
    boolean hasMessage() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_INT);
            call("ioctl", socket, FIONREAD, bytes);
            return bytes.get(ValueLayout.JAVA_INT, 0) > 0;
        }
    }

    @Override
    public void close() {
        call("close", socket);
    }
}
