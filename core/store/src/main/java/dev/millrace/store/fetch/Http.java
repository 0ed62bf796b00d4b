/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import dev.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Asks servers, over HTTP/1.1. The token goes to one server only, never to where that one sends us on. Safe for use from any
 * thread; owns its connections.
 */
public final class Http implements AutoCloseable {

    private static final int MOST_REDIRECTS = 8;
    private static final String NUMBER = "[0-9]{1,18}";
    /** Shorter pauses are over before anybody has read of them. */
    private static final Duration TOLD = Duration.ofSeconds(1);

    /** Java keeps passwords back from proxies of https addresses, unless this property says otherwise. */
    private static final String KEPT_BACK = "jdk.http.auth.tunneling.disabledSchemes";

    private final HttpClient client;
    private final EnvironmentProxies proxies;
    private final URI home;
    private final Optional<String> token;
    private final Patience patience;
    private final Consumer<String> waiting;

    /**
     * A client.
     *
     * @param home the server that the token is for
     * @param token an access token
     * @param patience how often and how long to try
     * @param environment variables, for proxies
     */
    public Http(URI home, Optional<String> token, Patience patience, Map<String, String> environment) {
        this(home, token, patience, environment, any -> {
        });
    }

    /**
     * Asks servers, and tells when it has to wait for small answers.
     *
     * @param home the server that gets the token
     * @param token an access token
     * @param patience how often and how long to try
     * @param environment variables, for proxies
     * @param waiting told why it waits before it tries again
     */
    public Http(URI home, Optional<String> token, Patience patience, Map<String, String> environment,
            Consumer<String> waiting) {
        this.waiting = waiting;
        this.proxies = new EnvironmentProxies(environment);
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER).connectTimeout(patience.stall()).proxy(proxies).build();
        this.home = home;
        this.token = token;
        this.patience = patience;
    }

    /**
     * An answer with status 200 or 206.
     *
     * @param status which of both
     * @param headers its headers
     * @param body its bytes
     */
    record Reply(int status, HttpHeaders headers, Body body) implements AutoCloseable {

        /** The size of the whole file, as the answer tells it. */
        OptionalLong total() {
            if (status == 206) {
                String range = headers.firstValue("Content-Range").orElse("");
                String total = range.substring(range.indexOf('/') + 1);
                return total.matches(NUMBER) ? OptionalLong.of(Long.parseLong(total)) : OptionalLong.empty();
            }
            return length();
        }

        /** The length of this answer. */
        OptionalLong length() {
            String length = headers.firstValue("Content-Length").orElse("");
            return length.matches(NUMBER) ? OptionalLong.of(Long.parseLong(length)) : OptionalLong.empty();
        }

        @Override
        public void close() {
            body.close();
        }
    }

    /** Something that may fail for a moment. */
    @FunctionalInterface
    interface Attempt<T> {

        T make() throws IOException, InterruptedException;
    }

    Patience patience() {
        return patience;
    }

    /**
     * A range of a file, or all of it. Does not try again.
     *
     * @param place where it is
     * @param from first byte, or negative for all of it
     * @param to last byte
     */
    Reply open(URI place, long from, long to) throws IOException, InterruptedException {
        URI at = place;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(patience.stall())
                    .header("User-Agent", "millrace").header("Accept-Encoding", "identity").GET();
            if (from >= 0) {
                request.header("Range", "bytes=" + from + "-" + to);
            }
            if (token.isPresent() && sameServer(at)) {
                request.header("Authorization", "Bearer " + token.get());
            }
            proxies.authorization(at).ifPresent(value -> request.header("Proxy-Authorization", value));
            HttpResponse<Body> response = sent(request.build());
            int status = response.statusCode();
            if (status == 200 || status == 206) {
                return new Reply(status, response.headers(), response.body());
            }
            Body body = response.body();
            if (body != null) { // Java gives none where a proxy refuses a tunnel
                body.close();
            }
            if (status / 100 != 3 || status == 304) {
                throw refused(status, at, place, response.headers());
            }
            at = next(at, response.headers());
        }
        throw Refusal.wrong(shown(place) + " leads from one address to the next without an end.");
    }

    private HttpResponse<Body> sent(HttpRequest request) throws IOException, InterruptedException {
        try {
            return client.send(request, info -> new Body(patience.stall()));
        } catch (IllegalArgumentException e) {
            // so Java takes lengths that are no numbers, and ports that are none
            throw new Refusal(0, shown(request.uri()) + " does what is no HTTP (" + e.getMessage() + ").", false,
                    Optional.empty());
        }
    }

    private static URI next(URI at, HttpHeaders headers) throws IOException {
        try {
            URI next = at.resolve(headers.firstValue("Location").orElse(""));
            boolean plain = "http".equals(next.getScheme()) && !"https".equals(at.getScheme());
            if (next.getHost() == null && String.valueOf(next.getScheme()).startsWith("http")) {
                throw Refusal.wrong(shown(at) + " leads to an address that cannot be read.");
            }
            if (next.getHost() == null || !("https".equals(next.getScheme()) || plain)) {
                throw Refusal.wrong(shown(at) + " leads to " + next.getScheme()
                        + ", which is less safe than where it was asked for.");
            }
            return next;
        } catch (IllegalArgumentException e) {
            throw Refusal.wrong(shown(at) + " leads to an address that cannot be read.");
        }
    }

    private boolean sameServer(URI at) {
        return Objects.equals(at.getScheme(), home.getScheme())
                && String.valueOf(home.getHost()).equalsIgnoreCase(at.getHost()) && port(at) == port(home);
    }

    private static int port(URI at) {
        return at.getPort() >= 0 ? at.getPort() : "https".equals(at.getScheme()) ? 443 : 80;
    }

    /** Without what may be secret: signed addresses have their keys behind the question mark. */
    public static String shown(URI place) {
        return place.getScheme() + "://" + place.getHost() + (place.getPort() < 0 ? "" : ":" + place.getPort())
                + Objects.toString(place.getRawPath(), "");
    }

    private Refusal refused(int status, URI at, URI place, HttpHeaders headers) {
        boolean elsewhere = !sameServer(at) && !at.equals(place);
        String what = shown(place);
        Optional<Duration> wait = retryAfter(headers);
        return switch (status) {
            case 401 -> new Refusal(status, token.isPresent()
                    ? what + " does not take the access token: make a new one on the hub, and give it by HF_TOKEN or --token-file."
                    : what + " needs an access token, or does not exist: give one by HF_TOKEN or --token-file.",
                    false, wait);
            // a signed address that was used too late
            case 403 -> new Refusal(status, elsewhere
                    ? shown(at) + " does not let the file go any more (403)."
                    : what + " is not open to you: accept the model's terms on its page, and give the token of that account by "
                            + "HF_TOKEN or --token-file.",
                    elsewhere, wait);
            case 407 -> new Refusal(status, proxyRefused(at), false, Optional.empty());
            case 404, 410 -> new Refusal(status, "There is no " + what + ".", false, wait);
            case 416 -> Refusal.wrong(what + " has another size than the hub says; ask again later.");
            case 429 -> new Refusal(status, at.getHost() + " asks to come back later (429"
                    + wait.map(w -> ", in " + w.toSeconds() + " s").orElse("") + ").", true, wait);
            default -> new Refusal(status, what + " cannot be had: the server answers " + status + ".",
                    status == 408 || status >= 500, wait);
        };
    }

    private String proxyRefused(URI at) {
        String proxy = "The proxy " + proxies.shown(at);
        if (proxies.authorization(at).isEmpty()) {
            return proxy + " wants a user and a password: give them in https_proxy as http://USER:PASSWORD@HOST:PORT.";
        }
        boolean keptBack = "https".equals(at.getScheme()) && !"".equals(System.getProperty(KEPT_BACK));
        return keptBack
                ? proxy + " wants a password, which Java keeps back: start Java with -D" + KEPT_BACK + "= (empty)."
                : proxy + " does not take the user and the password that https_proxy has.";
    }

    private static Optional<Duration> retryAfter(HttpHeaders headers) {
        String value = headers.firstValue("Retry-After").orElse("").strip();
        if (value.matches("[0-9]{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
        }
        try {
            Duration until = Duration.between(Instant.now(),
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
            return Optional.of(until.isNegative() ? Duration.ZERO : until);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /**
     * Tries until it succeeds, or until it has failed too often.
     *
     * @param what for messages
     * @param waiting told why it waits before it tries again
     * @param attempt may be made several times
     * @throws Refusal if the server says no
     * @throws MillraceException if it failed too often
     */
    <T> T persist(String what, Consumer<String> waiting, Attempt<T> attempt)
            throws IOException, InterruptedException {
        for (int failures = 1;; failures++) {
            IOException failure;
            try {
                return attempt.make();
            } catch (IOException e) {
                failure = e;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("Cancelled.");
            }
            Duration pause = pause(failure, failures, what);
            if (pause.compareTo(TOLD) >= 0) {
                waiting.accept("waiting " + pause.toSeconds() + " s and trying again: " + reason(failure));
            }
            Thread.sleep(pause.toMillis());
        }
    }

    private Duration pause(IOException failure, int failures, String what) throws IOException {
        Duration pause = patience.pause(failures);
        if (failure instanceof WholeOnly || failure instanceof DiskException) {
            throw failure; // asking again changes nothing
        }
        if (failure instanceof Refusal refusal) {
            Duration asked = refusal.pause().orElse(pause);
            if (!refusal.passing() || failures >= patience.attempts() || asked.compareTo(patience.longest()) > 0) {
                throw refusal;
            }
            return asked.compareTo(pause) > 0 ? asked : pause;
        }
        if (isDistrusted(failure)) {
            throw new MillraceException(
                    what + " could not be fetched, since this machine does not trust the certificate of its server ("
                            + reason(failure)
                            + "): see that the clock is right; if a proxy reads along, name a trust store with its "
                            + "certificate by MILLRACE_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE.",
                    failure);
        }
        if (failures >= patience.attempts()) {
            throw new MillraceException(what + " could not be fetched after " + failures + " tries ("
                    + reason(failure)
                    + "): see that the network works and run the command again, which goes on where it "
                    + "stopped.", failure);
        }
        return pause;
    }

    /** What asking again does not change, unlike other failures of TLS, which broken connections look like. */
    private static boolean isDistrusted(IOException failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof CertificateException || each instanceof CertPathBuilderException
                    || each instanceof SSLPeerUnverifiedException) {
                return true;
            }
        }
        return false;
    }

    private static String reason(IOException failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof UnresolvedAddressException || each instanceof UnknownHostException) {
                return "nobody here knows its name";
            }
        }
        String message = failure.getMessage();
        Throwable cause = failure.getCause();
        if (message == null && cause != null) {
            message = cause.getMessage();
        }
        if (message != null && !message.isBlank()) {
            return message;
        }
        return failure instanceof ConnectException ? "nobody answers there" : failure.getClass().getSimpleName();
    }

    /**
     * A small answer, whole.
     *
     * @param place where it is
     * @param limit the most bytes
     * @return its bytes
     * @throws Refusal if the server says no, or it is longer
     */
    public byte[] small(URI place, int limit) throws IOException, InterruptedException {
        return persist(shown(place), waiting, () -> {
            try (Reply reply = open(place, -1, -1)) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                ByteBuffer bytes = reply.body().next();
                while (bytes != null) {
                    byte[] piece = new byte[bytes.remaining()];
                    bytes.get(piece);
                    out.writeBytes(piece);
                    if (out.size() > limit) {
                        throw Refusal.wrong(shown(place) + " is longer than the " + limit
                                + " bytes that were expected; nothing is taken from there. Ask those who publish it.");
                    }
                    bytes = reply.body().next();
                }
                long stated = reply.length().orElse(out.size());
                if (out.size() != stated) {
                    throw new IOException("only " + out.size() + " of " + stated + " bytes arrived");
                }
                return out.toByteArray();
            }
        });
    }

    /**
     * What a file is, without its content.
     *
     * @param size bytes
     * @param tag what changes when the content does, or null
     */
    public record Probe(long size, @Nullable String tag) {
    }

    /**
     * Asks for the size of a file.
     *
     * @param place where it is
     * @return its size
     * @throws Refusal if the server does not say
     */
    public Probe probe(URI place) throws IOException, InterruptedException {
        return persist(shown(place), waiting, () -> {
            try (Reply reply = open(place, 0, 0)) {
                if (reply.headers().firstValue("Content-Type").orElse("").toLowerCase(Locale.ROOT)
                        .startsWith("text/html")) {
                    throw Refusal.wrong(shown(place) + " is a page for people: give the address of the file itself.");
                }
                long size = reply.total().orElseThrow(() -> Refusal.wrong(
                        shown(place) + " cannot be fetched: its server does not say how large it is."));
                return new Probe(size, reply.headers().firstValue("ETag").orElse(null));
            }
        });
    }

    /** Ends all connections. */
    @Override
    public void close() {
        client.shutdownNow();
    }
}
