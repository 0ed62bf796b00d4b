/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

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
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Serves one client over two streams, such as standard input and output: a message a line. Requests with and without a handshake
 * are told apart one by one. Each runs on a virtual thread; more than so many at once are refused.
 */
public final class StreamConversation {

    /** The longest message that is read. */
    public static final int LONGEST = 16 << 20;

    private static final System.Logger LOG = System.getLogger(StreamConversation.class.getName());
    private static final int MOST_AT_ONCE = 64;
    private static final int MOST_LISTENING = 16;
    private static final long PLACE_MILLIS = 1_000;
    private static final long ASK_MILLIS = 10 * 60_000L;

    private final Methods methods;
    private final Session session;
    private final Stateless stateless;
    private final OutputStream out;
    private final Pending pending = new Pending();
    private final Map<String, Thread> running = new ConcurrentHashMap<>();
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final Semaphore listeners = new Semaphore(MOST_LISTENING);
    private final ReentrantLock writing = new ReentrantLock();
    private volatile boolean over;

    private StreamConversation(Offer offer, OutputStream out) {
        this.methods = new Methods(offer);
        this.session = new Session(methods);
        this.stateless = new Stateless(methods);
        this.out = out;
    }

    /**
     * Serves until the input ends or the output breaks. What still runs then has its grace, is interrupted and waited for.
     *
     * @param in messages of the client; stays the caller's
     * @param out messages for the client; stays the caller's
     * @param grace for who sends requests and then ends the input at once: they still get their answers
     * @throws IOException if the input breaks
     */
    public static void serve(Offer offer, InputStream in, OutputStream out, Duration grace)
            throws IOException, InterruptedException {
        StreamConversation conversation = new StreamConversation(offer, out);
        Thread watching = Thread.ofVirtual().name("millrace-mcp-watch").start(conversation::watch);
        try {
            Lines lines = new Lines(in, LONGEST);
            for (Optional<Lines.Line> line = lines.next(); line.isPresent() && !conversation.over; line = lines
                    .next()) {
                conversation.take(line.get());
            }
            if (conversation.places.tryAcquire(MOST_AT_ONCE, grace.toMillis(), TimeUnit.MILLISECONDS)) {
                conversation.places.release(MOST_AT_ONCE);
            }
        } finally {
            conversation.over = true;
            conversation.pending.end("The client has left.");
            watching.interrupt();
            conversation.running.values().forEach(Thread::interrupt);
            conversation.places.tryAcquire(MOST_AT_ONCE, 10, TimeUnit.SECONDS);
        }
    }

    private void take(Lines.Line line) throws InterruptedException {
        if (!line.problem().isEmpty()) {
            send(new Message.Failure(null, new RpcException(ErrorCode.PARSE, "The line " + line.problem() + ".")));
            return;
        }
        try {
            switch (Message.read(Json.parse(line.text()))) {
                case Message.Request request -> start(request);
                case Message.Notification told -> told(told);
                case Message.Result result -> pending.answered(result.id(), result.result());
                case Message.Failure failure -> {
                    JsonNode id = failure.id();
                    if (id != null) {
                        pending.failed(id, failure.error());
                    }
                }
            }
        } catch (RpcException e) {
            send(new Message.Failure(null, e));
        } catch (Message.Malformed e) {
            send(e.answer());
        }
    }

    private void told(Message.Notification told) {
        if (told.method().equals("notifications/cancelled")) {
            JsonNode id = told.params().get("requestId");
            Thread thread = id == null ? null : running.remove(id.toString());
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    private void start(Message.Request request) throws InterruptedException {
        String id = request.id().toString();
        if (request.method().equals("initialize") && !Stateless.isMeant(request.params())) {
            run(request, id); // what comes next may rely on it
            return;
        }
        // who listens would keep the end waiting
        Semaphore taken = request.method().equals(Stateless.LISTEN) ? listeners : places;
        if (!taken.tryAcquire(PLACE_MILLIS, TimeUnit.MILLISECONDS)) {
            // not waited for longer: the end of the input and cancellations must be seen
            send(new Message.Failure(request.id(), new RpcException(ErrorCode.INTERNAL,
                    "Too many requests are being answered: ask again when one of them is.")));
            return;
        }
        Thread thread = Thread.ofVirtual().name("millrace-mcp-call").unstarted(() -> {
            try {
                run(request, id);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // cancelled: nothing is sent any more
            } finally {
                running.remove(id, Thread.currentThread());
                taken.release();
            }
        });
        if (running.putIfAbsent(id, thread) != null) {
            taken.release();
            send(new Message.Failure(request.id(),
                    new RpcException(ErrorCode.INVALID_REQUEST, "A request with this id is being answered.")));
            return;
        }
        thread.start();
    }

    private void run(Message.Request request, String id) throws InterruptedException {
        Message answer;
        try {
            answer = new Message.Result(request.id(), answer(request));
        } catch (RpcException e) {
            answer = new Message.Failure(request.id(), e);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            LOG.log(System.Logger.Level.ERROR, "A request for " + Methods.shown(request.method()) + " failed.", e);
            answer = new Message.Failure(request.id(),
                    new RpcException(ErrorCode.INTERNAL, "The request failed: " + e));
        }
        if (Thread.interrupted() || over) {
            throw new InterruptedException();
        }
        running.remove(id, Thread.currentThread());
        send(answer);
    }

    private ObjectNode answer(Message.Request request) throws RpcException, InterruptedException {
        ObjectNode params = request.params();
        if (!Stateless.isMeant(params)) {
            if (request.method().equals("server/discover")) {
                Stateless.check(params);
            }
            return session.answer(request.method(), params, new Way(session.capabilities(), params, true));
        }
        if (request.method().equals(Stateless.LISTEN)) {
            Stateless.check(params);
            return listen(request);
        }
        return stateless.answer("", request.method(), params, new Way(Stateless.capabilities(params), params, false));
    }

    private ObjectNode listen(Message.Request request) throws InterruptedException {
        ObjectNode agreed = Watch.agreed(request.params());
        Watch watch = Watch.over(methods.offer(), request.id(), agreed);
        send(watch.acknowledged(agreed));
        while (!over) {
            Thread.sleep(Watch.MILLIS);
            watch.look().forEach(this::send);
        }
        return stateless.end(request.id());
    }

    /** Tells a client with a handshake what has changed. */
    private void watch() {
        Watch watch = new Watch(methods.offer(), null, Set.of("tools", "prompts", "resources"),
                session::subscriptions);
        try {
            while (!over) {
                Thread.sleep(Watch.MILLIS);
                if (!session.version().isEmpty()) {
                    watch.look().forEach(this::send);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the conversation is over
        }
    }

    private void send(Message message) {
        byte[] line = Json.bytes(message.write());
        writing.lock();
        try {
            if (!over) {
                out.write(line);
                out.write('\n');
                out.flush();
            }
        } catch (IOException e) {
            over = true; // nobody reads any more; the input will end, too
            LOG.log(System.Logger.Level.DEBUG, "The client does not read any more.", e);
        } finally {
            writing.unlock();
        }
    }

    /** The way back to the client for one request. */
    private final class Way implements Dialog {

        private final ObjectNode capabilities;
        private final ObjectNode params;
        private final boolean withSession;

        Way(ObjectNode capabilities, ObjectNode params, boolean withSession) {
            this.capabilities = capabilities;
            this.params = params;
            this.withSession = withSession;
        }

        @Override
        public String caller() {
            return "client";
        }

        @Override
        public ObjectNode capabilities() {
            return capabilities;
        }

        @Override
        public boolean wantsLog(String level) {
            return withSession ? session.wantsLog(level) : Stateless.wantsLog(params, level);
        }

        @Override
        public void tell(String method, ObjectNode content) {
            send(new Message.Notification(method, content));
        }

        @Override
        public ObjectNode ask(String method, ObjectNode content) throws RpcException, InterruptedException {
            try (Pending.Place place = pending.place()) {
                send(new Message.Request(place.id(), method, content));
                return place.await(ASK_MILLIS);
            }
        }
    }
}
