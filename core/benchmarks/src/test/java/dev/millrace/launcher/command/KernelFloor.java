/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Device;
import dev.millrace.spi.Backend;
import dev.millrace.spi.KernelSpeed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;

/**
 * Runs every kernel of every backend for a moment and fails if one is slower than a floor: the compiler may give up a method
 * that grew by a line, and then only that variant falls, a hundredfold. The floor is relative to how fast one core of the same
 * machine reads memory in the same process, so it holds on machines of any size. Stands in the launcher's package for the
 * launcher's measure of bandwidth.
 */
final class KernelFloor {

    /**
     * Floors for bytes of weights and for products, a byte read from memory.
     *
     * @param decode weights that decode must read for each byte that a core can read, 0 to 1
     * @param prefill products that prefill must add up for each byte that a core can read
     */
    record Floor(double decode, double prefill) {

        /** Where only a kernel that is not compiled lies, and no busy machine. */
        Floor smoke() {
            return new Floor(decode / 10, prefill / 10);
        }
    }

    /** SIMD: the slowest type reached 0.09 and 1.4 on a Zen 4 server with 512 bits. */
    static final Floor SIMD = new Floor(0.04, 0.5);
    /** Plain Java: the slowest type reached 0.016 and 0.15. */
    static final Floor PLAIN = new Floor(0.007, 0.06);

    private static final Duration EACH = Duration.ofMillis(100);

    private KernelFloor() {
    }

    /** Measures and compares: exit code 0, or 1 if a kernel lies below the floor. */
    public static void main(String[] arguments) throws InterruptedException {
        double bandwidth = Bandwidth.measure(Bandwidth.MOST_BYTES, 1);
        System.out.printf(Locale.ROOT, "one core reads %.1f GB/s%n", bandwidth / 1e9);
        List<String> below = new ArrayList<>();
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            for (Device device : backend.devices()) {
                Floor floor = floor(device);
                for (KernelSpeed speed : backend.measure(device, EACH)) {
                    boolean good = holds(speed, floor, bandwidth);
                    String name = device.id() + " " + speed.kernel();
                    System.out.printf(Locale.ROOT,
                            "%-20s decode %7.3f GB/s (floor %.3f), prefill %8.3f GMAC/s (floor %.3f)%s%n",
                            name, speed.decode() / 1e9, floor.decode() * bandwidth / 1e9, speed.prefill() / 1e9,
                            floor.prefill() * bandwidth / 1e9, good ? "" : "  BELOW");
                    if (!good) {
                        below.add(name);
                    }
                }
            }
        }
        if (!below.isEmpty()) {
            System.out.println("Below the floor: " + String.join(", ", below)
                    + ". Look with -XX:+PrintCompilation whether C2 gave a method up.");
            System.exit(1);
        }
    }

    /** The floor of a device, by whether it has vectors. */
    static Floor floor(Device device) {
        return device.id().equals("cpu:scalar") ? PLAIN : SIMD;
    }

    /** Whether a kernel reaches a floor. */
    static boolean holds(KernelSpeed speed, Floor floor, double bandwidth) {
        return speed.decode() >= floor.decode() * bandwidth && speed.prefill() >= floor.prefill() * bandwidth;
    }
}
