/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Lines;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.Pending;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that is started and talked to over its standard input and output. It is started without a shell and with a small
 * environment, reads and writes have threads of their own, and what it does cannot make anything here wait or grow.
 */
final class ProcessChannel implements Channel {

    private static final System.Logger LOG = System.getLogger(ProcessChannel.class.getName());
    /** What programs need to run at all; secrets stand in others. */
    private static final Set<String> INHERITED = Set.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE",
            "TZ", "TMPDIR", "TERM", "SHELL", "SYSTEMROOT", "SYSTEMDRIVE", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
            "TEMP", "TMP", "PATHEXT", "PROGRAMFILES");
    private static final int LONGEST_LINE = 16 << 20;
    private static final int LONGEST_WORDS = 1 << 16;
    private static final int LONGEST_WORD = 1_000;
    private static final int MOST_UNSENT = 256;
    private static final int MOST_QUESTIONS = 8;
    /** Lines for each second; what is more waits in the server's own pipe. */
    private static final int MOST_LINES = 5_000;
    private static final long SECOND = 1_000_000_000;
    private static final int PATIENCE_MILLIS = 2_000;
    /** Longer than a busy machine needs; a child that holds the pipe would make it endless. */
    private static final int LAST_WORD_MILLIS = 1_000;

    private final ServerSpec spec;
    private final Receiver receiver;
    private final Process process;
    private final Pending pending = new Pending();
    private final BlockingQueue<byte[]> unsent = new ArrayBlockingQueue<>(MOST_UNSENT);
    private final Semaphore questions = new Semaphore(MOST_QUESTIONS);
    private final Set<ProcessHandle> family = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean open = true;
    private volatile boolean deaf;
    /** Whether all was read. */
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String lastWord = "";
    private final AtomicInteger noise = new AtomicInteger();

    /**
     * Starts a server.
     *
     * @throws IOException if there is no such program
     */
    ProcessChannel(ServerSpec spec, Map<String, String> environment, Receiver receiver) throws IOException {
        this.spec = spec;
        this.receiver = receiver;
        ProcessBuilder builder = new ProcessBuilder(spec.command());
        Map<String, String> own = new HashMap<>();
        environment.forEach((name, value) -> {
            if (INHERITED.contains(name.toUpperCase(java.util.Locale.ROOT))) {
                own.put(name, value);
            }
        });
        own.putAll(spec.environment());
        builder.environment().clear();
        builder.environment().putAll(own);
        if (!spec.directory().isEmpty()) {
            builder.directory(Path.of(spec.directory()).toFile());
        }
        process = builder.start();
        Thread words = start("words", this::listen);
        threads.add(start("read", () -> read(words)));
        threads.add(words);
        threads.add(start("write", this::write));
    }

    private Thread start(String what, Runnable work) {
        // pipes block the thread below a virtual one, of which there are as many as cores
        return Thread.ofPlatform().daemon().name("millrace-mcp-" + what + "-" + spec.name()).start(work);
    }

    private void read(Thread words) {
        try (InputStream in = process.getInputStream()) {
            Lines lines = new Lines(in, LONGEST_LINE);
            LinePace pace = new LinePace();
            for (Optional<Lines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
                take(line.get());
                pace.line();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "The output of " + spec.name() + " broke.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } finally {
            open = false;
            awaitLastWord(words);
            ended.countDown();
            pending.end("The server " + spec.name() + " has ended" + said() + ".");
        }
    }

    /** A program that dies says why and closes both of its outputs, which two threads read. */
    private void awaitLastWord(Thread words) {
        try {
            if (process.waitFor(LAST_WORD_MILLIS, TimeUnit.MILLISECONDS)) {
                words.join(Duration.ofMillis(LAST_WORD_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private String said() {
        return lastWord.isEmpty() ? "" : "; its last words were: " + lastWord;
    }

    private void take(Lines.Line line) {
        // a letter that is not written in UTF-8 spoils that letter only
        if (line.text().isEmpty()) {
            noise(line.problem());
            return;
        }
        Message message;
        try {
            message = Message.read(Json.parse(line.text()));
        } catch (RpcException | Message.Malformed e) {
            if (!pending.unreadable(line.text(), e)) {
                noise("is no message: " + Untrusted.line(line.text()));
            }
            return;
        }
        switch (message) {
            case Message.Result result -> pending.answered(result.id(), result.result());
            case Message.Failure failure -> {
                JsonNode id = failure.id();
                if (id != null) {
                    pending.failed(id, failure.error());
                }
            }
            case Message.Notification told -> receiver.told(told.method(), told.params());
            case Message.Request request -> asked(request);
        }
    }

    /** Programs print what they should not; that is passed over. */
    private void noise(String problem) {
        int count = noise.incrementAndGet();
        if (count <= 10) {
            LOG.log(System.Logger.Level.DEBUG, "A line of {0} {1}.", spec.name(), problem);
        }
    }

    private void asked(Message.Request request) {
        if (!questions.tryAcquire()) {
            send(new Message.Failure(request.id(),
                    new RpcException(ErrorCode.INTERNAL, "Too many questions at once.")));
            return;
        }
        start("answer", () -> {
            try {
                send(new Message.Result(request.id(), receiver.asked(request.method(), request.params())));
            } catch (RpcException e) {
                send(new Message.Failure(request.id(), e));
            } finally {
                questions.release();
            }
        });
    }

    /** What the server writes for people. */
    private void listen() {
        try (InputStream words = process.getErrorStream()) {
            Lines lines = new Lines(words, LONGEST_WORDS);
            LinePace pace = new LinePace();
            for (Optional<Lines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
                String text = Untrusted.text(line.get().text(), LONGEST_WORD).strip();
                if (!text.isEmpty()) {
                    lastWord = Untrusted.line(text);
                    LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", spec.name(), text);
                }
                pace.line();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "The words of " + spec.name() + " broke.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void write() {
        try (OutputStream out = process.getOutputStream()) {
            while (!closed.get() || !unsent.isEmpty()) {
                byte[] line = unsent.take();
                out.write(line);
                out.write('\n');
                out.flush();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, spec.name() + " does not read any more.", e);
            notRead();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    /** One that ends is heard of by its output; one that lives on and does not read is as good as gone. */
    private void notRead() {
        try {
            if (!process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                deaf = true;
                pending.end("The server " + spec.name() + " does not read any more" + said() + ".");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private boolean send(Message message) {
        return unsent.offer(Json.bytes(message.write()));
    }

    @Override
    public ObjectNode request(String method, ObjectNode params, Map<String, String> headers, long millis)
            throws RpcException, InterruptedException {
        try (Pending.Place place = pending.place()) {
            if (!send(new Message.Request(place.id(), method, params))) {
                throw new RpcException(ErrorCode.INTERNAL,
                        "The server " + spec.name() + " does not read what it is sent.");
            }
            boolean answered = false;
            try {
                ObjectNode result = place.await(millis);
                answered = true;
                return result;
            } catch (RpcException e) {
                answered = !place.isOpen();
                throw e;
            } finally {
                if (!answered && open && !method.equals("initialize")) {
                    ObjectNode cancelled = Json.object().put("reason", "nobody waits for it any more");
                    cancelled.set("requestId", place.id());
                    send(new Message.Notification("notifications/cancelled", cancelled));
                }
            }
        }
    }

    @Override
    public void tell(String method, ObjectNode params) {
        send(new Message.Notification(method, params));
    }

    @Override
    public void agreed(String revision) {
        // lines say no revision
    }

    @Override
    public void look() {
        process.descendants().forEach(family::add);
    }

    @Override
    public boolean isOpen() {
        return open && !deaf && process.isAlive();
    }

    @Override
    public String trouble() {
        try {
            if (!process.isAlive() && !ended.await(2 * LAST_WORD_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.log(System.Logger.Level.DEBUG, "{0} ended, and its output did not.", spec.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
        String how = !process.isAlive()
                ? "ended with status " + process.exitValue()
                : deaf ? "closed its input" : "closed its output";
        return how + said();
    }

    /** Ends the input and waits; then asks the program and its descendants to end; then ends them. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        look();
        // a thread of its own: it would wait for a write that the server does not read
        start("close", () -> {
            threads.get(2).interrupt();
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "The input was closed already.", e);
            }
        });
        boolean interrupted = false;
        for (int step = 0; step < 3 && anyAlive(); step++) {
            look();
            if (step == 1) {
                process.destroy();
                family.forEach(ProcessHandle::destroy);
            } else if (step == 2) {
                process.destroyForcibly();
                family.forEach(ProcessHandle::destroyForcibly);
            }
            interrupted |= !await();
        }
        threads.forEach(Thread::interrupt);
        pending.end("The server " + spec.name() + " was ended.");
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean anyAlive() {
        return process.isAlive() || family.stream().anyMatch(ProcessHandle::isAlive);
    }

    /** Waits until nobody is left, or a step's time is over; false if interrupted. */
    private boolean await() {
        long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
        boolean calm = true;
        while (anyAlive() && System.nanoTime() < end) {
            try {
                process.waitFor(20, TimeUnit.MILLISECONDS);
                if (!process.isAlive()) {
                    TimeUnit.MILLISECONDS.sleep(5);
                }
            } catch (InterruptedException e) {
                calm = false; // the end is not left half done
            }
        }
        return calm;
    }

    /** Who writes more lines in a second than anybody needs waits for the next one. For one thread. */
    private static final class LinePace {

        private long second = System.nanoTime();
        private int count;

        void line() throws InterruptedException {
            long now = System.nanoTime();
            if (now - second > SECOND) {
                second = now;
                count = 0;
            } else if (++count > MOST_LINES) {
                TimeUnit.NANOSECONDS.sleep(second + SECOND - now);
            }
        }
    }
}
