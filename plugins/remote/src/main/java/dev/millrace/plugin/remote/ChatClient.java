/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.FinishReason;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.RemoteModelException.Kind;
import dev.millrace.json.JsonException;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server for answers, over HTTP/1.1: servers of Python drop the body of a request that offers to change to HTTP/2. Asks again
 * only while nothing of an answer has come. Safe for use from any thread.
 */
final class ChatClient implements AutoCloseable {

    private static final int MOST_ERROR_BYTES = 64 << 10;
    private static final int MOST_DOCUMENT_BYTES = 256 << 20;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    /** How long the end of a stream is waited for once the answer is whole: it brings the usage. */
    private static final Duration REST = Duration.ofSeconds(5);

    private final Endpoint endpoint;
    private final HttpClient http;

    ChatClient(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(endpoint.limits().connect()).followRedirects(HttpClient.Redirect.NEVER).build();
    }

    /** A failure, and whether to ask again. */
    private static final class Setback extends Exception {

        private static final long serialVersionUID = 1;

        private final RemoteModelException problem;
        private final transient Optional<Duration> pause;
        private final boolean again;

        Setback(RemoteModelException problem, boolean again, Optional<Duration> pause) {
            super(problem);
            this.problem = problem;
            this.again = again;
            this.pause = pause;
        }
    }

    /** Something that may fail in a way that passes. */
    @FunctionalInterface
    private interface Attempt<T> {
        T make() throws Setback, InterruptedException;
    }

    /**
     * Has a turn spoken.
     *
     * @throws RemoteModelException if it is not, or not to the end
     */
    Reply answer(Question question, String model, RemoteModel.Listener listener) throws InterruptedException {
        String body = RequestBody.write(question, model);
        Deadline deadline = new Deadline(question.time());
        AnswerReader reader = new AnswerReader(listener, Set.copyOf(question.stop()), body.length());
        HttpRequest request = request("/chat/completions").header("Content-Type", "application/json")
                .header("Accept", "text/event-stream, application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return repeated(() -> once(request, reader, deadline), deadline)
                .orElseGet(() -> reader.reply(FinishReason.DEADLINE));
    }

    /**
     * Makes an attempt, and others while there is hope.
     *
     * @return what came of it; empty if the time is over
     */
    private <T> Optional<T> repeated(Attempt<T> attempt, Deadline deadline) throws InterruptedException {
        for (int before = 0;; before++) {
            try {
                return Optional.of(attempt.make());
            } catch (Setback e) {
                Duration pause = e.pause.orElse(FIRST_PAUSE.multipliedBy(1L << Math.min(before, 6)));
                if (!e.again || before >= endpoint.retries() || pause.compareTo(endpoint.limits().pause()) > 0) {
                    throw e.problem;
                }
                if (!deadline.allows(pause)) {
                    return Optional.empty();
                }
                Thread.sleep(pause);
            }
        }
    }

    /**
     * Sends a request whose answer is one document, and that does no harm if it arrives twice.
     *
     * @param path behind the base
     * @param body in JSON
     * @throws RemoteModelException if it is not answered
     */
    JsonView post(String path, String body) throws InterruptedException {
        HttpRequest request = request(path).header("Content-Type", "application/json")
                .header("Accept", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return repeated(() -> document(request), new Deadline(Optional.empty())).orElseThrow();
    }

    private JsonView document(HttpRequest request) throws Setback, InterruptedException {
        Duration limit = endpoint.limits().first();
        Deadline end = new Deadline(Optional.of(limit));
        try {
            HttpResponse<Inflow> response = send(request, limit, new Deadline(Optional.empty()));
            try (Inflow body = response.body()) {
                if (response.statusCode() != 200) {
                    throw refusal(response, body);
                }
                return JsonView.parse(all(body, MOST_DOCUMENT_BYTES, end.within(limit)));
            }
        } catch (JsonException e) {
            throw new Setback(problem(Kind.FAILED, "answers with what cannot be read: " + e.getMessage(), e), false,
                    Optional.empty());
        } catch (IOException e) {
            throw new Setback(problem(Kind.FAILED, "broke its answer off", e), true, Optional.empty());
        } catch (TimeoutException e) {
            throw new Setback(problem(Kind.SILENT, "did not answer within " + limit.toSeconds() + " seconds", e),
                    false, Optional.empty());
        }
    }

    /**
     * Fetches what a server tells of itself.
     *
     * @param path behind the base
     * @throws RemoteModelException if it tells nothing
     */
    JsonView get(String path) throws InterruptedException {
        Deadline deadline = new Deadline(Optional.empty());
        Duration limit = endpoint.limits().connect().multipliedBy(2);
        try {
            HttpResponse<Inflow> response = send(request(path).GET().build(), limit, deadline);
            try (Inflow body = response.body()) {
                String text = all(body, 16 << 20, limit);
                if (response.statusCode() != 200) {
                    throw Failures.of(endpoint, response.statusCode(), text);
                }
                return JsonView.parse(text);
            }
        } catch (Setback e) {
            throw e.problem;
        } catch (JsonException | IOException | TimeoutException e) {
            throw problem(Kind.FAILED, "answers " + path + " with what cannot be read", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint.base().resolve(
                endpoint.base().getRawPath() + path));
        Optional<String> secret;
        try {
            secret = endpoint.secret().read();
        } catch (IllegalArgumentException e) {
            throw new RemoteModelException(Kind.DENIED,
                    "The token of " + endpoint.reference() + " cannot be read: " + e.getMessage() + ".", e);
        }
        try {
            secret.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        } catch (IllegalArgumentException e) {
            // what a header refuses may hold the token
            throw new RemoteModelException(Kind.DENIED, "The token of " + endpoint.reference()
                    + " has characters that no token has: check its file or variable.", null);
        }
        return request;
    }

    private RemoteModelException problem(Kind kind, String what, @Nullable Throwable cause) {
        return new RemoteModelException(kind,
                "The server of " + endpoint.reference() + ", " + endpoint.address() + ", " + what + ".", cause);
    }

    /** Sends a request and waits for the head of the response. */
    private HttpResponse<Inflow> send(HttpRequest request, Duration limit, Deadline deadline)
            throws Setback, InterruptedException, TimeoutException {
        CompletableFuture<HttpResponse<Inflow>> coming = http.sendAsync(request, info -> new Inflow());
        boolean came = false;
        try {
            HttpResponse<Inflow> response = coming.get(deadline.within(limit).toNanos(), TimeUnit.NANOSECONDS);
            came = true;
            return response;
        } catch (ExecutionException e) {
            throw setback(e.getCause());
        } catch (TimeoutException e) {
            if (deadline.isOver()) {
                throw e;
            }
            throw new Setback(problem(Kind.SILENT, "did not answer within " + limit.toSeconds() + " seconds", null),
                    false, Optional.empty());
        } finally {
            if (!came) {
                coming.cancel(true);
                // it may have come in this very moment
                var unused = coming.thenAccept(response -> response.body().close());
            }
        }
    }

    private Setback setback(@Nullable Throwable cause) {
        return switch (cause) {
            case HttpConnectTimeoutException e -> new Setback(problem(Kind.UNREACHABLE,
                    "did not take the connection within " + endpoint.limits().connect().toSeconds() + " seconds", e),
                    true, Optional.empty());
            case ConnectException e when e.getCause() instanceof UnresolvedAddressException -> new Setback(
                    problem(Kind.UNREACHABLE, "is not known: no address belongs to that name", e), true,
                    Optional.empty());
            case ConnectException e -> new Setback(
                    problem(Kind.UNREACHABLE, "cannot be reached: nothing listens there", e), true, Optional.empty());
            case SSLException e -> new Setback(
                    problem(Kind.UNREACHABLE, "cannot be talked to over TLS: " + e.getMessage(), e), false,
                    Optional.empty());
            // nothing of an answer has come, so nothing is said twice
            case null, default -> new Setback(problem(Kind.FAILED, "closed the connection before it answered", cause),
                    true, Optional.empty());
        };
    }

    private Reply once(HttpRequest request, AnswerReader reader, Deadline deadline)
            throws Setback, InterruptedException {
        Duration first = endpoint.limits().first();
        Deadline begin = new Deadline(Optional.of(first));
        try {
            HttpResponse<Inflow> response = send(request, first, deadline);
            try (Inflow body = response.body()) {
                if (response.statusCode() != 200) {
                    throw refusal(response, body);
                }
                boolean whole = response.headers().firstValue("Content-Type").filter(type -> type.contains("json"))
                        .isPresent();
                return whole ? whole(body, reader, begin, deadline) : stream(body, reader, begin, deadline);
            }
        } catch (TimeoutException e) {
            return reader.reply(FinishReason.DEADLINE);
        }
    }

    private Setback refusal(HttpResponse<Inflow> response, Inflow body) throws InterruptedException {
        String text;
        try {
            text = all(body, MOST_ERROR_BYTES, REST);
        } catch (IOException | TimeoutException e) {
            text = "";
        }
        int status = response.statusCode();
        return new Setback(Failures.of(endpoint, status, text), Failures.isTransient(status),
                Failures.retryAfter(response.headers(), Instant.now()));
    }

    /** An answer in one piece. */
    private Reply whole(Inflow body, AnswerReader reader, Deadline begin, Deadline deadline)
            throws Setback, InterruptedException, TimeoutException {
        try {
            take(all(body, Integer.MAX_VALUE >> 1, deadline.within(begin.within(endpoint.limits().first()))), reader);
            return finish(reader);
        } catch (IOException e) {
            throw new Setback(problem(Kind.FAILED, "broke its answer off", e), !reader.hasBegun(), Optional.empty());
        } catch (TimeoutException e) {
            if (deadline.isOver()) {
                throw e;
            }
            throw new Setback(problem(Kind.SILENT, "fell silent in the middle of its answer", e), false,
                    Optional.empty());
        }
    }

    private Reply stream(Inflow body, AnswerReader reader, Deadline begin, Deadline deadline)
            throws Setback, InterruptedException, TimeoutException {
        ServerEvents events = new ServerEvents();
        try {
            while (true) {
                List<ByteBuffer> buffers = body.next(deadline.within(patience(reader, begin)));
                List<String> whole = buffers == null ? events.end() : events.take(buffers);
                for (String event : whole) {
                    if (event.strip().equals("[DONE]")) {
                        return ended(reader);
                    }
                    take(event, reader);
                    if (!reader.isWanted()) {
                        return reader.reply(FinishReason.STOP);
                    }
                }
                if (buffers == null) {
                    return ended(reader);
                }
                if (!reader.hasBegun() && begin.isOver()) {
                    throw new TimeoutException(); // signs of life, and nothing else
                }
            }
        } catch (IOException e) {
            if (reader.isFinished()) {
                return finish(reader);
            }
            throw new Setback(problem(Kind.FAILED, "broke its answer off", e), !reader.hasBegun(), Optional.empty());
        } catch (TimeoutException e) {
            if (reader.isFinished()) {
                return finish(reader);
            }
            if (deadline.isOver()) {
                throw e;
            }
            throw new Setback(problem(Kind.SILENT, reader.hasBegun()
                    ? "fell silent in the middle of its answer, for more than "
                            + endpoint.limits().between().toSeconds() + " seconds"
                    : "did not begin to answer within " + endpoint.limits().first().toSeconds() + " seconds", null),
                    false, Optional.empty());
        }
    }

    private Duration patience(AnswerReader reader, Deadline begin) {
        if (reader.isFinished()) {
            return REST;
        }
        return reader.hasBegun() ? endpoint.limits().between() : begin.within(endpoint.limits().first());
    }

    private Reply ended(AnswerReader reader) throws Setback {
        if (!reader.isFinished()) {
            throw new Setback(problem(Kind.FAILED, "broke its answer off: it ended without a reason", null),
                    !reader.hasBegun(), Optional.empty());
        }
        return finish(reader);
    }

    private void take(String event, AnswerReader reader) throws Setback {
        try {
            reader.take(event);
        } catch (JsonException e) {
            throw new Setback(problem(Kind.FAILED, "sent a piece that is no JSON: " + e.getMessage(), e),
                    !reader.hasBegun(), Optional.empty());
        } catch (RemoteModelException e) {
            throw brokenOff(e);
        }
    }

    private Reply finish(AnswerReader reader) throws Setback {
        try {
            return reader.end();
        } catch (RemoteModelException e) {
            throw brokenOff(e);
        }
    }

    private Setback brokenOff(RemoteModelException problem) {
        return new Setback(new RemoteModelException(problem.kind(), "The server of " + endpoint.reference() + ", "
                + endpoint.address() + ": " + endpoint.secret().hide(problem.getMessage()), problem), false,
                Optional.empty());
    }

    private static String all(Inflow body, int most, Duration limit)
            throws InterruptedException, TimeoutException, IOException {
        Deadline deadline = new Deadline(Optional.of(limit));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<ByteBuffer> buffers = body.next(limit);
        while (buffers != null && out.size() < most) {
            for (ByteBuffer buffer : buffers) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                out.write(bytes);
            }
            buffers = body.next(deadline.within(limit));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
