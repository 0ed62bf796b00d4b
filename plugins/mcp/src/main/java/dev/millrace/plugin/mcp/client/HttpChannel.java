/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.oauth.Access;
import dev.millrace.plugin.mcp.oauth.SignInException;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.protocol.Meta;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.Pending;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A server at an address, by streamable HTTP. Redirections are not followed: they would carry secrets elsewhere. */
final class HttpChannel implements Channel {

    private static final System.Logger LOG = System.getLogger(HttpChannel.class.getName());
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final int LARGEST = 16 << 20;
    private static final int MOST_RESUMES = 5;
    private static final long FIRST_WAIT_MILLIS = 500;
    private static final long LONGEST_WAIT_MILLIS = 60_000;
    private static final int MOST_QUESTIONS = 8;
    private static final int MOST_MESSAGES = 100_000;

    private final ServerSpec spec;
    private final URI address;
    private final Receiver receiver;
    private final Access access;
    private final ExecutorService threads;
    private final HttpClient client;
    private final Pending pending = new Pending();
    private final Semaphore questions = new Semaphore(MOST_QUESTIONS);
    private final Set<InputStream> streams = ConcurrentHashMap.newKeySet();
    private volatile String session = "";
    private volatile String revision = "";
    private volatile String trouble = "";
    private volatile boolean closed;

    HttpChannel(ServerSpec spec, Receiver receiver, Access access) {
        this.spec = spec;
        this.address = URI.create(spec.url());
        this.receiver = receiver;
        this.access = access;
        threads = Executors
                .newThreadPerTaskExecutor(Thread.ofVirtual().name("millrace-mcp-http-" + spec.name(), 0).factory());
        // HTTP/1.1: the attempt to upgrade makes some servers lose the body
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT)
                .followRedirects(HttpClient.Redirect.NEVER).executor(threads).build();
    }

    private HttpRequest.Builder builder(ObjectNode params, String method, Map<String, String> more) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        spec.headers().forEach(request::setHeader);
        request.setHeader("Accept", HttpNames.JSON + ", " + HttpNames.EVENTS);
        JsonNode stateless = params.path("_meta").path(Meta.VERSION);
        if (stateless.isTextual()) {
            request.setHeader(HttpNames.VERSION, stateless.textValue());
            request.setHeader(HttpNames.METHOD, method);
            HttpNames.named(method).flatMap(field -> Json.text(params, field))
                    .ifPresent(name -> request.setHeader(HttpNames.NAME, HttpNames.encoded(name)));
            more.forEach(request::setHeader);
        } else {
            if (!session.isEmpty()) {
                request.setHeader(HttpNames.SESSION, session);
            }
            if (!revision.isEmpty()) {
                request.setHeader(HttpNames.VERSION, revision);
            }
        }
        return request;
    }

    @Override
    public ObjectNode request(String method, ObjectNode params, Map<String, String> headers, long millis)
            throws RpcException, InterruptedException {
        try (Pending.Place place = pending.place()) {
            Message.Request message = new Message.Request(place.id(), method, params);
            HttpRequest.Builder request = builder(params, method, headers).setHeader("Content-Type", HttpNames.JSON)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(message.write())));
            var work = threads.submit(() -> exchange(request, place.id(), method));
            boolean answered = false;
            try {
                ObjectNode result = place.await(millis);
                answered = true;
                return result;
            } catch (RpcException e) {
                answered = !place.isOpen();
                throw e;
            } finally {
                if (!answered) {
                    work.cancel(true); // ends the stream, which the server takes for a cancellation
                    if (!session.isEmpty() && !method.equals("initialize")) {
                        ObjectNode cancelled = Json.object();
                        cancelled.set("requestId", place.id());
                        tell("notifications/cancelled", cancelled);
                    }
                }
            }
        }
    }

    private void exchange(HttpRequest.Builder request, JsonNode id, String method) {
        try {
            HttpResponse<InputStream> response = access.send(client, request);
            try (InputStream body = response.body()) {
                streams.add(body);
                if (method.equals("initialize")) {
                    session = response.headers().firstValue(HttpNames.SESSION).orElse("");
                }
                answer(response, body, id);
            } finally {
                streams.remove(response.body());
            }
        } catch (SignInException e) {
            fail(id, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            fail(id, "The server " + spec.name() + " cannot be reached: " + Unreachable.reason(e) + ".");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody waits any more
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "A request to " + spec.name() + " failed.", e);
            fail(id, "The request failed: " + e + ".");
        }
    }

    private void fail(JsonNode id, String why) {
        pending.failed(id, new RpcException(ErrorCode.INTERNAL, why));
    }

    private void answer(HttpResponse<InputStream> response, InputStream body, JsonNode id)
            throws IOException, InterruptedException {
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (response.statusCode() == 404 && !session.isEmpty()) {
            trouble = "has forgotten the session";
            closed = true; // a new handshake is needed
        }
        if (type.startsWith(HttpNames.EVENTS) && response.statusCode() == 200) {
            follow(new EventStream(body), Optional.of(id));
            return;
        }
        byte[] content = body.readNBytes(LARGEST + 1);
        if (type.startsWith(HttpNames.JSON) && content.length <= LARGEST) {
            // a letter that is not written in UTF-8 spoils that letter only
            take(new String(content, StandardCharsets.UTF_8), Optional.of(id));
        }
        fail(id, switch (response.statusCode()) {
            case 401, 403 -> "The server " + spec.name() + " refuses (" + response.statusCode()
                    + "): put a token that it knows into headers, as Authorization: Bearer.";
            default -> "The server " + spec.name() + " answered with status " + response.statusCode()
                    + " and no message.";
        });
    }

    /** Reads events until the one that is waited for, or for ever. A stream that breaks off is taken up again. */
    private void follow(EventStream first, Optional<JsonNode> id) throws IOException, InterruptedException {
        EventStream events = first;
        for (int resumed = 0;; resumed++) {
            String last = events.lastId();
            int count = 0;
            for (Optional<String> data = events.next(); data.isPresent(); data = events.next()) {
                if (take(data.get(), id)) {
                    return;
                }
                if (++count > MOST_MESSAGES) {
                    throw new IOException("too many messages before the answer");
                }
            }
            last = events.lastId().isEmpty() ? last : events.lastId();
            if (id.isEmpty() || last.isEmpty() || revision.isEmpty() || resumed == MOST_RESUMES) {
                id.ifPresent(of -> fail(of, "The server " + spec.name() + " ended the answer before it was whole."));
                return;
            }
            TimeUnit.MILLISECONDS.sleep(events.retryMillis());
            HttpRequest.Builder again = builder(Json.object(), "", Map.of()).setHeader("Accept", HttpNames.EVENTS)
                    .setHeader("Last-Event-ID", last).GET();
            HttpResponse<InputStream> response = access.send(client, again);
            streams.add(response.body());
            if (response.statusCode() != 200) {
                response.body().close();
                id.ifPresent(of -> fail(of, "The server " + spec.name() + " ended the answer before it was whole."));
                return;
            }
            events = new EventStream(response.body());
        }
    }

    /** Whether it was the answer that is waited for. */
    private boolean take(String text, Optional<JsonNode> id) {
        Message message;
        try {
            message = Message.read(Json.parse(text));
        } catch (RpcException | Message.Malformed e) {
            if (pending.unreadable(text, e)) {
                return true;
            }
            LOG.log(System.Logger.Level.DEBUG, "{0} sent what is no message.", spec.name());
            return false;
        }
        switch (message) {
            case Message.Result result -> {
                pending.answered(result.id(), result.result());
                return id.filter(of -> of.asText().equals(result.id().asText())).isPresent();
            }
            case Message.Failure failure -> {
                JsonNode of = failure.id();
                id.or(() -> Optional.ofNullable(of)).ifPresent(known -> pending.failed(known, failure.error()));
                return true;
            }
            case Message.Notification told -> receiver.told(told.method(), told.params());
            case Message.Request request -> asked(request);
        }
        return false;
    }

    private void asked(Message.Request request) {
        boolean room = questions.tryAcquire();
        threads.execute(() -> {
            Message answer;
            try {
                answer = room
                        ? new Message.Result(request.id(), receiver.asked(request.method(), request.params()))
                        : new Message.Failure(request.id(),
                                new RpcException(ErrorCode.INTERNAL, "Too many questions at once."));
            } catch (RpcException e) {
                answer = new Message.Failure(request.id(), e);
            } finally {
                if (room) {
                    questions.release();
                }
            }
            post(answer);
        });
    }

    private void post(Message message) {
        HttpRequest.Builder request = builder(Json.object(), "", Map.of()).setHeader("Content-Type", HttpNames.JSON)
                .timeout(CONNECT).POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(message.write())));
        try {
            access.send(client, request).body().close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "A message to " + spec.name() + " was lost.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void tell(String method, ObjectNode params) {
        if (!closed) {
            threads.execute(() -> post(new Message.Notification(method, params)));
        }
    }

    @Override
    public void agreed(String agreed) {
        revision = agreed;
        if (!session.isEmpty()) {
            threads.execute(this::listen);
        }
    }

    /** Follows one such stream to its end; whether there may be another. */
    private boolean heard(HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<InputStream> response = access.send(client, request);
            try (InputStream body = response.body()) {
                streams.add(body);
                if (response.statusCode() == 200) {
                    follow(new EventStream(body), Optional.empty());
                }
                return response.statusCode() == 200;
            } finally {
                streams.remove(response.body());
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "The stream of " + spec.name() + " broke.", e);
            return true;
        }
    }

    /** What the server says by itself, in revisions with a handshake. Streams end; what is told between two of them is lost. */
    private void listen() {
        HttpRequest.Builder request = builder(Json.object(), "", Map.of()).setHeader("Accept", HttpNames.EVENTS).GET();
        try {
            for (long wait = FIRST_WAIT_MILLIS; !closed
                    && heard(request); wait = Math.min(LONGEST_WAIT_MILLIS, 2 * wait)) {
                TimeUnit.MILLISECONDS.sleep(wait);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    @Override
    public void look() {
        // a request will show whether the server is there
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public String trouble() {
        return trouble;
    }

    @Override
    public void close() {
        if (!session.isEmpty() && !closed) {
            HttpRequest.Builder end = builder(Json.object(), "", Map.of()).timeout(Duration.ofSeconds(2)).DELETE();
            try {
                access.send(client, end).body().close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "The session of " + spec.name() + " was not ended.", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        closed = true;
        pending.end("The connection to " + spec.name() + " was ended.");
        threads.shutdownNow();
        client.shutdownNow();
        access.close();
        streams.forEach(stream -> {
            try {
                stream.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "A stream was closed already.", e);
            }
        });
    }
}
