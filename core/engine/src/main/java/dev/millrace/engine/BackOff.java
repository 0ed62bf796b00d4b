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

/**
 * Backends that failed while they computed. One that fails again and again is left alone for a growing time: ten seconds, then twice as
 * long each time, an hour at most. One that has gone well for an hour starts anew. Safe for use from any thread.
 */
final class BackOff {

    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration MOST = Duration.ofHours(1);

    private record Failing(int times, Instant until, String problem) {
    }

    /** The instance counts: an updated backend has another one, and a chance of its own. */
    private record Key(Backend backend, String device) {
    }

    private final InstantSource clock;
    private final Map<Key, Failing> failing = new HashMap<>();

    BackOff(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void failed(Backend backend, Device device, String problem) {
        Key key = new Key(backend, device.id());
        Failing before = failing.get(key);
        Instant now = clock.instant();
        int times = before == null || now.isAfter(before.until().plus(MOST)) ? 1 : before.times() + 1;
        Duration pause = FIRST.multipliedBy(1L << Math.min(times - 1, 10));
        failing.put(key, new Failing(times, now.plus(pause.compareTo(MOST) > 0 ? MOST : pause), problem));
    }

    /** Why a device is left alone now; empty if it is not. */
    synchronized Optional<String> reason(Backend backend, Device device) {
        Failing known = failing.get(new Key(backend, device.id()));
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
        failing.keySet().removeIf(key -> key.backend().equals(backend));
    }
}
