/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Device;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.KernelSpeed;
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
                List<KernelSpeed> speeds = backend.measure(device, EACH);
                print(device, speeds, bandwidth);
                below(speeds, floor(device), bandwidth).forEach(kernel -> below.add(device.id() + " " + kernel));
            }
        }
        if (!below.isEmpty()) {
            System.out.println("Below the floor, or less than a tenth of the middle kernel: "
                    + String.join(", ", below) + ". Look with -XX:+PrintCompilation whether C2 gave a method up.");
            System.exit(1);
        }
    }

    private static void print(Device device, List<KernelSpeed> speeds, double bandwidth) {
        if (speeds.isEmpty()) {
            return;
        }
        System.out.printf(Locale.ROOT, "%n%-16s %12s %14s%n", device.id(), "decode GB/s", "prefill GMAC/s");
        for (KernelSpeed speed : speeds) {
            System.out.printf(Locale.ROOT, "%-16s %12.3f %14.3f%n", speed.kernel(), speed.decode() / 1e9,
                    speed.prefill() / 1e9);
        }
        Floor floor = floor(device);
        System.out.printf(Locale.ROOT, "%-16s %12.3f %14.3f%n", "floor", floor.decode() * bandwidth / 1e9,
                floor.prefill() * bandwidth / 1e9);
    }

    /** The floor of a device, by whether it has vectors. */
    static Floor floor(Device device) {
        return device.id().equals("cpu:scalar") ? PLAIN : SIMD;
    }

    /**
     * Kernels that are too slow.
     *
     * @param speeds all kernels of a device
     * @param floor what each must reach
     * @param bandwidth that one core reads, in bytes per second
     * @return names of those that lie below the floor, or far below the others
     */
    static List<String> below(List<KernelSpeed> speeds, Floor floor, double bandwidth) {
        List<String> cliffs = DoctorCommand.cliffs(speeds);
        return speeds.stream()
                .filter(speed -> speed.decode() < floor.decode() * bandwidth
                        || speed.prefill() < floor.prefill() * bandwidth || cliffs.contains(speed.kernel()))
                .map(KernelSpeed::kernel).toList();
    }
}
