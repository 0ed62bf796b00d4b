/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.isolated.Speech.Ask;
import dev.millrace.backend.onnx.isolated.Speech.Say;
import dev.millrace.spi.backend.ExecutorLostException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process that computes, seen from here. Once it is lost, because it has ended, is silent or takes too long, it is killed, and
 * every call says so. Not safe for use from several threads at once, but for {@link #pid}.
 */
final class ChildProcess implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ChildProcess.class.getName());

    private static final String GONE = "The process in which the ONNX backend ran this model is gone: ";
    private static final long LOOK_MILLIS = 100;
    private static final long LEAVE_MILLIS = 10_000;
    /** What the operating system adds to the number of the signal that has ended a process. */
    private static final int BY_SIGNAL = 128;
    private static final Map<Integer, String> SIGNALS = Map.of(4, "an illegal instruction", 6, "an abort of its own",
            7, "a bus error", 8, "an arithmetic error", 9,
            "a kill from outside, as the system does where memory is used up", 11, "a crash", 15,
            "somebody who asked it to end");

    private final Isolation isolation;
    private final Path folder;
    private final Process process;
    private final ChildLog log;
    private final Wire wire;
    private @Nullable String lost;

    /** Writes a question. */
    @FunctionalInterface
    interface Put {
        void put(Wire wire) throws IOException;
    }

    /** Reads an answer. */
    @FunctionalInterface
    interface Get<T> {
        T get(Wire wire) throws IOException;
    }

    private ChildProcess(Isolation isolation, Path folder, Process process, ChildLog log, Wire wire) {
        this.isolation = isolation;
        this.folder = folder;
        this.process = process;
        this.log = log;
        this.wire = wire;
    }

    /**
     * Starts one.
     *
     * @throws BackendException if it does not start, with the reason; nothing stays behind
     */
    static ChildProcess start(Isolation isolation) {
        Path folder = null;
        Process process = null;
        try {
            folder = Files.createTempDirectory("millrace-");
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                Path socket = folder.resolve("socket");
                server.bind(UnixDomainSocketAddress.of(socket));
                process = launch(isolation, folder, socket);
                ChildLog log = new ChildLog(process);
                SocketChannel channel = accept(server, isolation, process, log);
                try {
                    return new ChildProcess(isolation, folder, process, log,
                            Wire.watched(channel, isolation.patience().silence()));
                } catch (IOException | RuntimeException | Error e) {
                    channel.close();
                    throw e;
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            clear(folder, process);
            throw new BackendException("The ONNX backend cannot start a process of its own (" + reason(e)
                    + "): cure that, or leave out the setting millrace.onnx.isolated.", e);
        } catch (RuntimeException | Error e) {
            clear(folder, process);
            throw e;
        }
    }

    private static String reason(Exception e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private static Process launch(Isolation isolation, Path folder, Path socket) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(isolation.java().toString());
        command.addAll(isolation.flags());
        try {
            Files.createDirectories(isolation.crashes());
            command.add("-XX:ErrorFile=" + isolation.crash("%p"));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "There is no place for reports.", e);
        }
        command.addAll(List.of(ChildMain.class.getName(), socket.toString(), isolation.backend(),
                String.valueOf(ProcessHandle.current().pid())));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CLASSPATH", ProgramFiles.classPath(isolation.classes(), folder));
        // agents and debuggers of this process have no second port to listen at
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static SocketChannel accept(ServerSocketChannel server, Isolation isolation, Process process, ChildLog log)
            throws IOException {
        server.configureBlocking(false);
        long begun = System.nanoTime();
        boolean interrupted = false;
        try (Selector selector = Selector.open()) {
            server.register(selector, SelectionKey.OP_ACCEPT);
            while (true) {
                SocketChannel channel = server.accept();
                if (channel != null) {
                    return channel;
                }
                if (!process.isAlive()) {
                    await(process, log);
                    throw new IOException(ended(process) + said(log));
                }
                if (System.nanoTime() - begun > isolation.patience().start().toNanos()) {
                    throw new IOException("it has not come up within " + isolation.patience().start().toSeconds()
                            + " seconds" + said(log));
                }
                selector.select(LOOK_MILLIS);
                selector.selectedKeys().clear();
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static String said(ChildLog log) {
        String words = log.lastWords();
        return words.isEmpty() ? "" : ", and its last words were \"" + words + "\"";
    }

    /** How a process has ended. */
    private static String ended(Process process) {
        if (process.isAlive()) {
            return "it does not end";
        }
        int code = process.exitValue();
        String signal = SIGNALS.get(code - BY_SIGNAL);
        return signal != null
                ? "it was ended by " + signal
                : String.format(Locale.ROOT, "it ended with the exit code %d", code);
    }

    /** The id of the process, as the operating system counts. */
    long pid() {
        return process.pid();
    }

    /** Asks, and waits for the answer. */
    <T> T call(Ask ask, Put put, Get<T> get) {
        return call(ask, put, Progress.NONE, get);
    }

    /**
     * Asks, and waits for the answer.
     *
     * @param progress told how far it is; what it throws comes out of here, and the process is lost
     * @throws ExecutorLostException if the process is lost
     * @throws RuntimeException what the backend has thrown at the other end
     */
    <T> T call(Ask ask, Put put, Progress progress, Get<T> get) {
        check();
        RuntimeException failure;
        wire.begin(isolation.patience().call());
        try {
            put.put(wire.put(ask));
            wire.flush();
            Say say = wire.getEnum(Say.values());
            while (say == Say.ALIVE || say == Say.PROGRESS) {
                if (say == Say.PROGRESS) {
                    progress.update(wire.getText(), wire.getDouble());
                }
                say = wire.getEnum(Say.values());
            }
            if (say == Say.DONE) {
                return get.get(wire);
            }
            failure = Packing.failure(wire);
        } catch (IOException e) {
            throw lose(e);
        } catch (RuntimeException | Error e) {
            lost = "it was left in the middle of a message";
            end();
            throw e;
        } finally {
            wire.end();
        }
        throw failure;
    }

    /** Tells it something that is not answered. */
    void tell(Ask ask, Put put) {
        if (lost == null) {
            wire.begin(isolation.patience().call());
            try {
                put.put(wire.put(ask));
                wire.flush();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "It is gone.", lose(e));
            } finally {
                wire.end();
            }
        }
    }

    private void check() {
        if (lost != null) {
            throw new ExecutorLostException(GONE + lost + ".");
        }
    }

    private ExecutorLostException lose(IOException problem) {
        if (!(problem instanceof SocketTimeoutException)) {
            // the connection breaks a moment before the process has ended
            await(process, log);
        }
        Path report = isolation.crash(String.valueOf(process.pid()));
        lost = process.isAlive()
                ? reason(problem)
                : ended(process) + said(log) + (Files.exists(report) ? "; Java's report is " + report : "");
        end();
        return new ExecutorLostException(GONE + lost + ".", problem);
    }

    private static void await(Process process, ChildLog log) {
        boolean interrupted = false;
        long left = LEAVE_MILLIS;
        long begun = System.nanoTime();
        while (left > 0) {
            try {
                if (process.waitFor(left, TimeUnit.MILLISECONDS)) {
                    log.await(left);
                }
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                left = LEAVE_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets the process go, by force if it does not go by itself, and everything of it. */
    private void end() {
        try {
            wire.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "The connection is not closed.", e);
        }
        if (lost == null) {
            await(process, log);
        }
        clear(folder, process);
        await(process, log);
    }

    private static void clear(@Nullable Path folder, @Nullable Process process) {
        if (process != null) {
            process.destroyForcibly();
        }
        try {
            if (folder != null) {
                ProgramFiles.remove(folder);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "The folder " + folder + " stays behind.", e);
        }
    }

    /** Ends the process, once it has given back what it has. Closing twice does nothing. */
    @Override
    public void close() {
        if (lost == null) {
            end();
            lost = "it was closed";
        }
    }
}
