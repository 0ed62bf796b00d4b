/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Progress;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one server at hand: connects, asks for its tools, asks again when it says that they have changed, and connects anew when it
 * has gone, each time after a longer wait. It has one virtual thread of its own. Safe for use from any thread.
 */
final class RemoteServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RemoteServer.class.getName());
    private static final long FIRST_WAIT_MILLIS = 500;
    private static final long LONGEST_WAIT_MILLIS = 60_000;
    private static final long STEADY_NANOS = 60_000_000_000L;
    private static final long LOOK_MILLIS = 500;
    private static final long FLOOD_MILLIS = 100;
    private static final int MOST_TOOLS = 128;

    private final ServerSpec spec;
    private final Steps steps = new Steps();
    private final ServerWords words;
    private final Map<String, String> environment;
    private final Passes passes;
    private final Runnable changed;
    private final CountDownLatch tried = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Thread thread;
    private boolean stale;
    private volatile boolean closed;
    private volatile @Nullable Peer peer;
    private volatile List<RemoteTool> tools = List.of();
    private volatile List<String> unfit = List.of();
    private volatile String trouble = "is being connected";

    /**
     * Begins to connect.
     *
     * @param environment of this process
     * @param passes how to come into addresses
     * @param changed called when its tools have come, changed or gone
     */
    RemoteServer(ServerSpec spec, Map<String, String> environment, Passes passes, Runnable changed) {
        this.spec = spec;
        this.words = new ServerWords(spec.name());
        this.environment = environment;
        this.passes = passes;
        this.changed = changed;
        thread = Thread.ofVirtual().name("millrace-mcp-server-" + spec.name()).start(this::keep);
    }

    ServerSpec spec() {
        return spec;
    }

    /** What it offers now; nothing while it is not there. */
    List<RemoteTool> tools() {
        return tools;
    }

    /** Waits until the first attempt has succeeded or failed, and not for ever. */
    void awaitTried() throws InterruptedException {
        if (!tried.await(spec.patience().toMillis(), TimeUnit.MILLISECONDS)) {
            trouble = "has not answered within " + spec.patience().toSeconds() + " seconds";
        }
    }

    /** What does not work, in sentences. */
    List<String> problems() {
        List<String> problems = new ArrayList<>(unfit);
        if (peer == null) {
            problems.add("The server " + spec.name() + " " + trouble + ".");
        }
        return problems;
    }

    private void keep() {
        long wait = FIRST_WAIT_MILLIS;
        while (!closed) {
            long begin = System.nanoTime();
            try (Channel channel = connect()) {
                serve(channel);
            } catch (IOException e) {
                trouble = "cannot be started: " + String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
            } catch (RpcException e) {
                trouble = trouble(Untrusted.line(e.sentence()).replaceFirst("\\.$", ""));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            } catch (RuntimeException | StackOverflowError e) {
                trouble = "cannot be used: " + e;
                LOG.log(System.Logger.Level.WARNING, "The server " + spec.name() + " cannot be used.", e);
            } finally {
                gone();
            }
            if (System.nanoTime() - begin > STEADY_NANOS) {
                wait = FIRST_WAIT_MILLIS;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(closed ? 0 : wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
            wait = Math.min(LONGEST_WAIT_MILLIS, wait * 2);
        }
    }

    /** What stands behind the name of the server: some sentences have it already. */
    private String trouble(String sentence) {
        String name = "The server " + spec.name() + " ";
        return sentence.startsWith(name) ? sentence.substring(name.length()) : "cannot be used: " + sentence;
    }

    private void gone() {
        boolean were = !tools.isEmpty();
        peer = null;
        tools = List.of();
        tried.countDown();
        if (were && !closed) {
            LOG.log(System.Logger.Level.WARNING, "The MCP server {0} {1}; it is tried again.", spec.name(), trouble);
            changed.run();
        }
    }

    private Channel connect() throws IOException {
        Channel.Receiver receiver = new Channel.Receiver() {
            @Override
            public void told(String method, ObjectNode params) {
                heard(method, params);
            }

            @Override
            public ObjectNode asked(String method, ObjectNode params) throws RpcException {
                return spec.questions().answer(method, params);
            }
        };
        return spec.url().isEmpty()
                ? new ProcessChannel(spec, environment, receiver)
                : new HttpChannel(spec, receiver, passes.access(spec));
    }

    private void heard(String method, ObjectNode params) {
        switch (method) {
            case "notifications/tools/list_changed" -> stale();
            case "notifications/message" -> words.told(params);
            case "notifications/progress" -> steps.told(params);
            default -> {
                // nothing that matters here
            }
        }
    }

    private void stale() {
        lock.lock();
        try {
            stale = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void serve(Channel channel) throws RpcException, InterruptedException {
        Peer greeted = Peer.greet(spec, channel);
        refresh(greeted);
        peer = greeted;
        tried.countDown();
        Thread listening = Thread.ofVirtual().name("millrace-mcp-listen-" + spec.name()).start(() -> {
            try {
                for (long wait = FIRST_WAIT_MILLIS; greeted.listen(); wait = Math.min(LONGEST_WAIT_MILLIS, wait * 2)) {
                    TimeUnit.MILLISECONDS.sleep(wait);
                    stale(); // nobody has heard what changed meanwhile
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the server has gone
            }
        });
        try {
            while (!closed && channel.isOpen()) {
                channel.look();
                if (awaitNews()) {
                    refresh(greeted);
                }
            }
            trouble = channel.trouble();
        } finally {
            listening.interrupt();
        }
    }

    private boolean awaitNews() throws InterruptedException {
        lock.lock();
        try {
            long left = LOOK_MILLIS * 1_000_000;
            while (!stale && left > 0) {
                left = news.awaitNanos(left);
            }
            boolean was = stale;
            stale = false;
            if (!was) {
                return false;
            }
        } finally {
            lock.unlock();
        }
        // a server that floods is not asked more often than it is looked after
        TimeUnit.MILLISECONDS.sleep(FLOOD_MILLIS);
        return true;
    }

    private void refresh(Peer greeted) throws RpcException, InterruptedException {
        List<RemoteTool> found = new ArrayList<>();
        List<String> left = new ArrayList<>();
        Set<String> names = new HashSet<>();
        if (greeted.offers("tools")) {
            greeted.list("tools/list", "tools", told -> {
                try {
                    RemoteTool tool = RemoteTool.read(spec, told, !spec.url().isEmpty());
                    if (found.size() == MOST_TOOLS) {
                        left.add("The server " + spec.name() + " has more than " + MOST_TOOLS
                                + " tools; the others are left out.");
                        return false;
                    }
                    if (names.add(tool.original())) {
                        found.add(tool);
                    }
                } catch (RemoteTool.UnfitException e) {
                    left.add(String.valueOf(e.getMessage()));
                }
                return true;
            });
        }
        tools = List.copyOf(found);
        unfit = List.copyOf(left.subList(0, Math.min(left.size(), 10)));
        changed.run();
    }

    /** Runs a tool. Whatever the server does, the model is told in a sentence. */
    ToolResult call(RemoteTool tool, ToolCall call, Progress progress) throws InterruptedException {
        Peer now = peer;
        if (now == null) {
            return ToolResult.error("The server " + spec.name() + " " + trouble + ": go on without it.");
        }
        ObjectNode params = Json.object().put("name", tool.original());
        ObjectNode arguments = Json.tree(call.arguments()) instanceof ObjectNode tree ? tree : Json.object();
        params.set("arguments", arguments);
        try (Steps.Listening listening = steps.listen(progress)) {
            params.putObject("_meta").put("progressToken", listening.token());
            return Contents.result(now.call("tools/call", params, spec.url().isEmpty()
                    ? Map.of()
                    : HeaderMarks.headers(tool.schema(), arguments)));
        } catch (RpcException e) {
            return ToolResult.error("The server " + spec.name() + " failed: " + Untrusted.text(e.sentence(), 1_000));
        }
    }

    /** The connection, if there is one. */
    Optional<Peer> peer() {
        return Optional.ofNullable(peer);
    }

    /** Begins to end it; {@link #close} waits for that. */
    void end() {
        closed = true;
        thread.interrupt();
    }

    @Override
    public void close() {
        end();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
