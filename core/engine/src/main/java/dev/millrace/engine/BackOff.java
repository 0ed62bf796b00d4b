/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import dev.millrace.spi.backend.Backend;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * Backends that failed while they computed. One that fails again and again is left alone for a growing time: ten seconds, then twice as
 * long each time, an hour at most. One that has gone well for an hour starts anew. Safe for use from any thread.
 */
final class BackOff {

    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration MOST = Duration.ofHours(1);

    private record Failing(int times, Instant until, String problem) {
    }

    private final InstantSource clock;
    /**
     * By backend and device. The instance counts: an updated backend has another one, and a chance of its own. One that has gone is not
     * held, also where it failed while it went.
     */
    private final Map<Backend, Map<String, Failing>> failing = new WeakHashMap<>();

    BackOff(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void failed(Backend backend, Device device, String problem) {
        Map<String, Failing> devices = failing.computeIfAbsent(backend, one -> new HashMap<>());
        Failing before = devices.get(device.id());
        Instant now = clock.instant();
        int times = before == null || now.isAfter(before.until().plus(MOST)) ? 1 : before.times() + 1;
        Duration pause = FIRST.multipliedBy(1L << Math.min(times - 1, 10));
        devices.put(device.id(), new Failing(times, now.plus(pause.compareTo(MOST) > 0 ? MOST : pause), problem));
    }

    /** Why a device is left alone now; empty if it is not. */
    synchronized Optional<String> reason(Backend backend, Device device) {
        Failing known = failing.getOrDefault(backend, Map.of()).get(device.id());
        Instant now = clock.instant();
        if (known == null || !now.isBefore(known.until())) {
            return Optional.empty();
        }
        return Optional.of("It failed " + (known.times() == 1 ? "once" : known.times() + " times in a row")
                + " and is left alone for " + (Duration.between(now, known.until()).toSeconds() + 1) + " s more: "
                + known.problem());
    }

    /** A backend has gone. */
    synchronized void forget(Backend backend) {
        failing.remove(backend);
    }
}
