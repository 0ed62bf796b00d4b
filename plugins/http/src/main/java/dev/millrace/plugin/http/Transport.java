/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/** HTTP/1.1 by the server of the JDK, each exchange on a virtual thread. */
public final class Transport implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Transport.class.getName());
    private static final int BACKLOG = 1024;
    private static final int STOP_SECONDS = 10;
    private static final byte[] TOO_MANY = "Too many connections.\n".getBytes(StandardCharsets.UTF_8);

    /** Read once for the whole process by the JDK's server. Whoever has set them keeps what he set. */
    private static final Map<String, String> PROCESS_SETTINGS = Map.of(
            // small pieces are sent at once
            "sun.net.httpserver.nodelay", "true",
            // seconds, whatever its documentation says: a client that sends its headers too slowly is cut off. The JDK counts by the clock,
            // also while this process waits for a processor, so the time is long enough for a thousand requests at once on a busy machine
            "sun.net.httpserver.maxReqTime", "120",
            // headers are no place for documents
            "sun.net.httpserver.maxReqHeaderSize", "65536",
            // surplus connections get no answer at all, so far above the number that is counted here
            "jdk.httpserver.maxConnections", "8192");

    private final HttpServer server;
    private final ExecutorService threads;
    private final Watchdog watchdog = new Watchdog();
    private final Set<Thread> busy = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private final Limits limits;
    private final Handler handler;
    private volatile boolean closed;

    private Transport(HttpServer server, Limits limits, Handler handler) {
        this.server = server;
        this.limits = limits;
        this.handler = handler;
        this.threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("millrace-http-", 0).factory());
    }

    /**
     * Listens.
     *
     * @param address where; port 0 takes a free one
     * @param tls how connections are encrypted, or empty
     * @param handler answers everything
     * @throws IOException if the address is taken or not of this machine
     */
    public static Transport start(InetSocketAddress address, Optional<SSLContext> tls, Limits limits, Handler handler)
            throws IOException {
        PROCESS_SETTINGS.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
        HttpServer server;
        if (tls.isPresent()) {
            HttpsServer secure = HttpsServer.create(address, BACKLOG);
            secure.setHttpsConfigurator(new HttpsConfigurator(tls.get()));
            server = secure;
        } else {
            server = HttpServer.create(address, BACKLOG);
        }
        Transport transport = new Transport(server, limits, handler);
        server.setExecutor(transport.threads);
        server.createContext("/", transport::serve);
        server.start();
        return transport;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void serve(HttpExchange raw) {
        Thread thread = Thread.currentThread();
        busy.add(thread);
        try (Watchdog.Watch watch = watchdog.watch()) {
            JdkExchange exchange = new JdkExchange(raw, limits, watch);
            int served = connections.incrementAndGet();
            try {
                if (closed || served > limits.connections()) {
                    exchange.header("Retry-After", "5");
                    exchange.answer(503, "text/plain; charset=utf-8", TOO_MANY);
                    return;
                }
                handler.handle(exchange);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "A client has left.", e);
            } finally {
                connections.decrementAndGet();
                exchange.end();
            }
        } finally {
            busy.remove(thread);
        }
    }

    /** Ends all exchanges and stops listening. */
    @Override
    public void close() {
        closed = true;
        busy.forEach(Thread::interrupt);
        server.stop(0);
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "Some requests do not end.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        watchdog.close();
    }
}
