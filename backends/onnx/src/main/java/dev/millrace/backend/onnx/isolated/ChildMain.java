/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.spi.backend.Backend;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The process that computes. Ends when whoever started it does, however that ends. */
public final class ChildMain {

    private static final Duration LOOK = Duration.ofMillis(500);

    private ChildMain() {
    }

    /**
     * Serves one model.
     *
     * @param arguments the socket, the name of the backend's class, and the id of the process that has started this one
     * @throws IOException if nobody listens at the socket
     * @throws ReflectiveOperationException if the backend cannot be made
     */
    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
        Path socket = Path.of(arguments[0]);
        Path folder = Objects.requireNonNull(socket.getParent());
        ProcessHandle parent = ProcessHandle.of(Long.parseLong(arguments[2])).orElse(null);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Wire wire = Wire.patient(channel)) {
            Backend backend = Class.forName(arguments[1]).asSubclass(Backend.class).getConstructor().newInstance();
            try (ChildWork work = new ChildWork(wire, backend)) {
                Thread.ofPlatform().name("parent").daemon().start(() -> look(work, parent, folder));
                work.run();
            }
        }
        leave(folder);
    }

    /** Gives signs of life as long as there is somebody to see them. */
    private static void look(ChildWork work, @Nullable ProcessHandle parent, Path folder) {
        try {
            while (lives(parent)) {
                work.signOfLife();
                LockSupport.parkNanos(LOOK.toNanos());
            }
        } catch (IOException e) {
            // nobody reads them any more
            System.getLogger(ChildMain.class.getName()).log(System.Logger.Level.DEBUG, "The parent is gone.", e);
        }
        // what computes now may never come back
        leave(folder);
    }

    private static boolean lives(@Nullable ProcessHandle parent) {
        return parent != null && parent.isAlive();
    }

    /** Removes what is left, and ends the process. Of two threads that come here the second waits for that end. */
    private static synchronized void leave(Path folder) {
        try {
            ProgramFiles.remove(folder);
        } catch (IOException e) {
            System.getLogger(ChildMain.class.getName()).log(System.Logger.Level.WARNING, folder + " stays behind.", e);
        }
        Runtime.getRuntime().halt(0);
    }
}
