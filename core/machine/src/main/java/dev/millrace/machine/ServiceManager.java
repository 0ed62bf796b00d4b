/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Who started this process as a service, such as systemd. It is told when the service is ready, that it still lives, and that it
 * ends. Where nobody wants to know, telling does nothing. That something cannot be told is logged once and harms nothing else.
 * Safe for threads.
 *
 * <p>
 * Source: the protocol of {@code sd_notify(3)}: a datagram of lines {@code NAME=value} to the socket that the variable
 * {@code NOTIFY_SOCKET} names. {@code WATCHDOG_USEC} and {@code WATCHDOG_PID} say how often a sign of life is awaited, and from
 * which process.
 */
public final class ServiceManager {

    private static final System.Logger LOG = System.getLogger(ServiceManager.class.getName());

    /** Empty if nobody wants to know. */
    private final String socket;
    private final Optional<Duration> patience;
    private volatile boolean warned;

    private ServiceManager(String socket, Optional<Duration> patience) {
        this.socket = socket;
        this.patience = patience;
    }

    /**
     * The one that started this process.
     *
     * @return as the environment says; one that wants to know nothing on systems other than Linux
     */
    public static ServiceManager ofProcess() {
        boolean linux = System.getProperty("os.name", "").equals("Linux");
        return of(linux ? System.getenv() : Map.of(), ProcessHandle.current().pid());
    }

    /**
     * The one that an environment names.
     *
     * @param environment the environment variables
     * @param process the id of this process
     */
    static ServiceManager of(Map<String, String> environment, long process) {
        String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
        String microseconds = environment.getOrDefault("WATCHDOG_USEC", "");
        String meant = environment.getOrDefault("WATCHDOG_PID", "");
        boolean awaited = !socket.isEmpty() && microseconds.matches("[1-9][0-9]{0,14}")
                && (meant.isEmpty() || meant.equals(Long.toString(process)));
        return new ServiceManager(socket, awaited
                ? Optional.of(Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(Long.parseLong(microseconds))))
                : Optional.empty());
    }

    /**
     * How long this process may be silent before it is taken for dead.
     *
     * @return empty if nobody awaits a sign of life
     */
    public Optional<Duration> patience() {
        return patience;
    }

    /**
     * Says that the service is ready.
     *
     * @param status how it is, for people
     */
    public void ready(String status) {
        tell("READY=1\n" + line(status));
    }

    /**
     * Says that the service lives.
     *
     * @param status how it is, for people
     */
    public void alive(String status) {
        tell("WATCHDOG=1\n" + line(status));
    }

    /**
     * Says how the service is, which is no sign of life.
     *
     * @param status for people
     */
    public void status(String status) {
        tell(line(status));
    }

    /** Says that the service ends. */
    public void stopping() {
        tell("STOPPING=1\n");
    }

    /** A line end inside would begin another message. */
    private static String line(String status) {
        return "STATUS=" + status.replaceAll("[\\v\\x00]+", " ") + "\n";
    }

    private void tell(String message) {
        if (socket.isEmpty()) {
            return;
        }
        try {
            DatagramSocket.send(socket, message.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            if (!warned) {
                warned = true;
                LOG.log(System.Logger.Level.WARNING, "The service manager cannot be told how the service is ("
                        + e.getMessage()
                        + "): it may take this process for dead. Unset NOTIFY_SOCKET if there is none.");
            }
        }
    }
}
