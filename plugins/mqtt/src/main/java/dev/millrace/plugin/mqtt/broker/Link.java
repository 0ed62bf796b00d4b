/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.broker;

import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.store.Outbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection that comes back: connects, subscribes, publishes what waits in the outbox, and begins again when it is lost, with
 * pauses that grow. For any thread.
 */
public final class Link implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Link.class.getName());
    private static final int TOGETHER = 32;
    private static final long TICK_MILLIS = 1_000;
    private static final long FIRST_PAUSE_MILLIS = 500;

    /** Told of messages. */
    @FunctionalInterface
    public interface Receiver {

        /** A message. Returns soon; the message comes again if it is not acknowledged. */
        void arrived(Incoming message, Runnable acknowledge);
    }

    /**
     * How it goes about.
     *
     * @param subscriptions what is asked for on each connection
     * @param greeting published on each new connection
     * @param farewell published before the end
     * @param longestPauseSeconds the longest pause between two attempts
     */
    public record Manners(List<Wire.Subscription> subscriptions, Supplier<List<Outgoing>> greeting,
            List<Outgoing> farewell, int longestPauseSeconds) {
    }

    private final Wire wire;
    private final String broker;
    private final Manners manners;
    private final Outbox outbox;
    private final Receiver receiver;
    private final Thread thread;
    private volatile Wire.@Nullable Session session;
    private volatile boolean closed;
    private volatile String problem = "no attempt to connect has been made yet";

    /**
     * A link that is not connected yet.
     *
     * @param broker its address, for messages
     */
    public Link(Wire wire, String broker, Manners manners, Outbox outbox, Receiver receiver) {
        this.wire = wire;
        this.broker = broker;
        this.manners = manners;
        this.outbox = outbox;
        this.receiver = receiver;
        thread = Thread.ofVirtual().name("millrace-mqtt").unstarted(this::run);
    }

    /** Begins to connect. To be called once. */
    public void start() {
        thread.start();
    }

    private void run() {
        long pause = FIRST_PAUSE_MILLIS;
        boolean told = false;
        while (!closed) {
            AtomicReference<@Nullable String> lost = new AtomicReference<>();
            try (Wire.Session connected = wire.connect(new Ear(lost))) {
                session = connected;
                connected.subscribe(manners.subscriptions());
                connected.publish(manners.greeting().get());
                LOG.log(told ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
                        "Connected to " + broker + (told ? " again." : "."));
                problem = "";
                told = false;
                pause = FIRST_PAUSE_MILLIS;
                serve(connected, lost);
            } catch (IOException e) {
                if (!closed) {
                    problem = String.valueOf(e.getMessage());
                    if (!told) {
                        LOG.log(System.Logger.Level.WARNING, problem + " It is tried again.");
                        told = true;
                    }
                }
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException e) {
                // a fault of the library must not be the end
                problem = "The connection to " + broker + " broke by a fault (" + e + ").";
                LOG.log(System.Logger.Level.ERROR, problem, e);
            } finally {
                session = null;
            }
            if (!closed && !rest(pause)) {
                break;
            }
            pause = Math.min(pause * 2, manners.longestPauseSeconds() * 1_000L);
        }
    }

    /** Not all at once where a broker comes back to many clients. */
    private boolean rest(long pause) {
        try {
            Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void serve(Wire.Session connected, AtomicReference<@Nullable String> lost)
            throws IOException, InterruptedException {
        while (true) {
            String reason = lost.get();
            if (reason != null) {
                throw new IOException("The connection to " + broker + " is lost: " + reason + ".");
            }
            if (closed) {
                connected.close(manners.farewell());
                return;
            }
            Map<Long, Outgoing> oldest = outbox.await(TOGETHER, TICK_MILLIS);
            if (!oldest.isEmpty() && lost.get() == null) {
                connected.publish(new ArrayList<>(oldest.values()));
                outbox.done(oldest.keySet());
            }
        }
    }

    /** Hears one connection. */
    private final class Ear implements Wire.Listener {

        private final AtomicReference<@Nullable String> lost;

        Ear(AtomicReference<@Nullable String> lost) {
            this.lost = lost;
        }

        @Override
        public void arrived(Incoming message, Runnable acknowledge) {
            receiver.arrived(message, acknowledge);
        }

        @Override
        public void lost(String reason) {
            lost.compareAndSet(null, reason);
            outbox.wake();
        }
    }

    /**
     * Publishes at once.
     *
     * @throws IOException if the broker does not take it now
     */
    public void publish(Outgoing message) throws IOException, InterruptedException {
        Wire.Session connected = session;
        if (connected == null || !problem.isEmpty()) {
            throw new IOException("The broker " + broker + " cannot be reached now.");
        }
        connected.publish(List.of(message));
    }

    /** Why it is not connected, in a sentence; empty if it is. */
    public Optional<String> problem() {
        return Optional.of(problem).filter(text -> !text.isEmpty());
    }

    /** Says farewell and ends. What waits in the outbox stays there. */
    @Override
    public void close() {
        closed = true;
        outbox.wake();
        try {
            if (!thread.join(java.time.Duration.ofSeconds(5))) {
                thread.interrupt();
                thread.join(java.time.Duration.ofSeconds(5));
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
