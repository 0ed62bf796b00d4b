/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Datagrams to a local socket of Linux, by the C library: Java has local sockets for streams only.
 *
 * <p>
 * Source: {@code unix(7)}, {@code socket(2)}, {@code sendto(2)}. The numbers are the same for x86-64 and arm64.
 */
final class DatagramSocket {

    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int MSG_NOSIGNAL = 0x4000;
    /** The family, and 108 bytes for the name. */
    private static final int FAMILY_BYTES = 2;
    private static final int NAME_BYTES = 108;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final MethodHandle SOCKET = function("socket",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT));
    private static final MethodHandle SENDTO = function("sendto",
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE = function("close",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private DatagramSocket() {
    }

    // not dangerous: the descriptors are those of the C library
    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, ERRNO);
    }

    /**
     * Sends one datagram; waits while the receiver has no room.
     *
     * @param name of the socket: a path, or an {@code @} and a name that is no file
     * @param message not empty
     * @throws IOException if it does not arrive, or if the name cannot be one
     */
    static void send(String name, byte[] message) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < 2 || bytes.length >= NAME_BYTES || (name.charAt(0) != '/' && name.charAt(0) != '@')) {
            throw new IOException(name + " is neither the path of a socket nor an @ and a name, of 107 bytes at most");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(Linker.Option.captureStateLayout());
            MemorySegment address = arena.allocate(FAMILY_BYTES + NAME_BYTES, Short.BYTES);
            address.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, FAMILY_BYTES, bytes.length);
            int length = FAMILY_BYTES + bytes.length;
            if (bytes[0] == '@') {
                address.set(ValueLayout.JAVA_BYTE, FAMILY_BYTES, (byte) 0);
            } else {
                length++; // with the zero that ends a path
            }
            int socket = (int) SOCKET.invokeExact(errno, (int) AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            if (socket < 0) {
                throw failed("socket", name, errno);
            }
            try {
                long sent = (long) SENDTO.invokeExact(errno, socket,
                        arena.allocateFrom(ValueLayout.JAVA_BYTE, message), (long) message.length,
                        MSG_NOSIGNAL, address, length);
                if (sent != message.length) {
                    throw failed("sendto", name, errno);
                }
            } finally {
                int ignored = (int) CLOSE.invokeExact(errno, socket);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // functions of the C library throw nothing
        }
    }

    private static IOException failed(String function, String name, MemorySegment errno) {
        return new IOException(function + " to " + name + " failed with error " + errno.get(ValueLayout.JAVA_INT, 0));
    }
}
