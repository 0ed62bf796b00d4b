/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.Pending;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request over HTTP: one JSON document if it is there soon and nothing is told before, else events. What is asked
 * for runs on a virtual thread, so that the connection can be kept alive meanwhile; if the client leaves, it is interrupted.
 */
final class HttpReply implements Dialog {

    private static final System.Logger LOG = System.getLogger(HttpReply.class.getName());
    private static final long BEAT_MILLIS = 1_000;
    private static final long ASK_MILLIS = 10 * 60_000L;
    private static final int MOST_UNSENT = 256;

    private final WebExchange exchange;
    private final Message.Request request;
    private final boolean streams;
    private final ObjectNode capabilities;
    private final Predicate<String> logs;
    private final Optional<Pending> pending;
    private final BlockingQueue<Message> unsent = new LinkedBlockingQueue<>(MOST_UNSENT);
    private volatile boolean done;
    private volatile @Nullable Thread worker;

    /** What is asked for. */
    @FunctionalInterface
    interface Work {

        ObjectNode answer(Dialog dialog) throws RpcException, InterruptedException;
    }

    /**
     * An answer.
     *
     * @param streams whether the client takes events
     * @param logs whether the client wants log messages of a level
     * @param pending where the client's own answers come in, if it can be asked
     */
    HttpReply(WebExchange exchange, Message.Request request, boolean streams, ObjectNode capabilities,
            Predicate<String> logs, Optional<Pending> pending) {
        this.exchange = exchange;
        this.request = request;
        this.streams = streams;
        this.capabilities = capabilities;
        this.logs = logs;
        this.pending = pending;
    }

    @Override
    public String caller() {
        return exchange.caller();
    }

    @Override
    public ObjectNode capabilities() {
        return capabilities;
    }

    @Override
    public boolean wantsLog(String level) {
        return streams && logs.test(level);
    }

    @Override
    public void tell(String method, ObjectNode params) throws InterruptedException {
        if (streams) {
            unsent.put(new Message.Notification(method, params));
        }
    }

    @Override
    public ObjectNode ask(String method, ObjectNode params) throws RpcException, InterruptedException {
        if (!streams || pending.isEmpty()) {
            throw new RpcException(ErrorCode.INVALID_REQUEST, "The client cannot be asked on this way.");
        }
        try (Pending.Place place = pending.get().place()) {
            unsent.put(new Message.Request(place.id(), method, params));
            return place.await(ASK_MILLIS);
        }
    }

    /** Stops what was asked for; the answer ends without a result. */
    void cancel() {
        done = true;
        Thread thread = worker;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /**
     * Runs what is asked for and sends what comes of it.
     *
     * @param status of HTTP for an error, if it can still be sent
     * @throws IOException if the client has left
     */
    void run(Work work, ToIntFunction<RpcException> status) throws IOException {
        Thread thread = Thread.ofVirtual().name("millrace-mcp-call").unstarted(() -> work(work));
        worker = thread;
        thread.start();
        HttpEvents events = new HttpEvents(exchange);
        try {
            while (true) {
                Message message = unsent.poll(BEAT_MILLIS, TimeUnit.MILLISECONDS);
                if (message == null && done) {
                    events.end(); // cancelled: there will be no result
                    return;
                } else if (message == null) {
                    if (streams) {
                        events.beat();
                    }
                } else if (message instanceof Message.Result || message instanceof Message.Failure) {
                    finish(message, events, status);
                    return;
                } else {
                    events.send(message);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The server ends.", e);
        } finally {
            thread.interrupt();
        }
    }

    private void finish(Message message, HttpEvents events, ToIntFunction<RpcException> status) throws IOException {
        if (events.isOpen()) {
            events.send(message);
            events.end();
        } else {
            HttpEndpoint.answer(exchange,
                    message instanceof Message.Failure failure ? status.applyAsInt(failure.error()) : 200, message);
        }
    }

    private void work(Work work) {
        Message answer;
        try {
            answer = new Message.Result(request.id(), work.answer(this));
        } catch (RpcException e) {
            answer = new Message.Failure(request.id(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            done = true;
            return;
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            LOG.log(System.Logger.Level.ERROR, "A request for " + Methods.shown(request.method()) + " failed.", e);
            answer = new Message.Failure(request.id(),
                    new RpcException(ErrorCode.INTERNAL, "The request failed: " + e));
        }
        try {
            if (!done) {
                unsent.put(answer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the client has left
        }
    }
}
