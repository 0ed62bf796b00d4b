/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.test.HotSwaps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** Moves under streaming conversations inside a framework; the backend's bundle goes and comes back, or is updated, too. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@Timeout(3600)
@SuppressWarnings("NullAway.Init")
class HotSwapsTest {

    private static final int UPDATES = 5;
    /** Each would leave the weights behind, 32 MB. */
    private static final int MORE_UPDATES = 8;
    /** Of moves between two backends that the other tests do not make. */
    private static final int FEWER = HotSwaps.SWAPS / 5;
    private static final long MOST_GROWTH = 128L << 20;
    private static final Path RESIDENT = Path.of("/proc/self/statm");
    private static final long PAGE = 4096;

    @InjectBundleContext
    BundleContext context;

    @Test
    void answersAreTheSameWhileTheModelMovesToAndFro(@InjectService(timeout = 10_000) Millrace millrace)
            throws Exception {
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, HotSwaps.SWAPS, HotSwaps.betweenDevices(millrace));
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.moves() >= HotSwaps.SWAPS, "" + outcome.moves());
        assertTrue(outcome.answers() > 0);
    }

    @Test
    void answersAreTheSameWhileTheModelMovesBetweenVectorAndPlainKernels(
            @InjectService(timeout = 10_000) Millrace millrace) throws Exception {
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, FEWER, HotSwaps.between(List.of("cpu:vector", "cpu:scalar")));
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.moves() >= FEWER, "" + outcome.moves());
        assertTrue(outcome.answers() > 0);
    }

    @Test
    void answersAreTheSameWhileTheModelMovesBetweenTensorsAndGraph(
            @InjectService(timeout = 10_000) Millrace millrace,
            @InjectService(filter = "(component.name=dev.millrace.formats.SafetensorsFormat)", timeout = 10_000) ModelFormat safetensors,
            @TempDir Path folder) throws Exception {
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, TwoPrograms.write(safetensors, folder).toString(), FEWER,
                HotSwaps.between(List.of("onnx:cpu", "cpu")));
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.moves() >= FEWER, "" + outcome.moves());
        assertTrue(outcome.answers() > 0);
    }

    @Test
    void answersAreTheSameWhileTheModelMovesBetweenTwoInstancesOfABackend(
            @InjectService(timeout = 10_000) Millrace millrace) throws Exception {
        Bundle first = cpu();
        Bundle second = context.installBundle("second", Again.jar(first));
        WeakReference<ClassLoader> classes;
        try {
            HotSwaps.Outcome outcome = HotSwaps.run(millrace, FEWER, (model, number) -> {
                if (number == 0) {
                    second.start();
                }
                Bundle left = number % 2 == 0 ? first : second;
                long before = HotSwaps.moves(millrace);
                left.stop();
                until("the model has not moved", () -> HotSwaps.moves(millrace) > before);
                left.start();
            });
            assertEquals(List.of(), outcome.wrong());
            assertTrue(outcome.moves() >= FEWER, "" + outcome.moves());
            assertTrue(outcome.answers() > 0);
            classes = new WeakReference<>(second.adapt(BundleWiring.class).getClassLoader());
        } finally {
            first.start();
            second.uninstall();
        }
        refresh(second);
        until("the class loader of the second instance is held", () -> {
            System.gc();
            return classes.get() == null;
        });
    }

    @Test
    void answersAreTheSameWhileTheirOnlyBackendIsStoppedAndStarted(@InjectService(timeout = 10_000) Millrace millrace)
            throws Exception {
        Bundle cpu = cpu();
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, UPDATES, (model, number) -> {
            // somewhere in the middle of the answers
            LockSupport.parkNanos(20_000_000L * (number % 5 + 1));
            long start = System.nanoTime();
            cpu.stop();
            assertTrue(System.nanoTime() - start < 5_000_000_000L, "stopping waits for no model");
            cpu.start();
        });
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.answers() > 0);
    }

    @Test
    void ofABackendThatWasUpdatedNothingIsLeft(@InjectService(timeout = 10_000) Millrace millrace) throws Exception {
        updated(millrace, UPDATES);
        long before = beyondHeap();
        updated(millrace, MORE_UPDATES);
        // a compiler that works on the new classes takes some hundred megabytes, and gives them back
        until("resident memory has grown by more than " + (MOST_GROWTH >> 20) + " MB",
                () -> beyondHeap() - before < MOST_GROWTH);
    }

    /** Updates the bundle under streaming conversations; afterwards its old classes, threads and services are gone. */
    private void updated(Millrace millrace, int times) throws Exception {
        Bundle cpu = cpu();
        List<WeakReference<ClassLoader>> old = new ArrayList<>();
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, times, (model, number) -> {
            LockSupport.parkNanos(20_000_000L * (number % 5 + 1));
            old.add(new WeakReference<>(cpu.adapt(BundleWiring.class).getClassLoader()));
            cpu.update();
        });
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.answers() > 0);
        refresh(cpu);
        assertEquals(times, old.size());
        until("a thread of an old backend runs", () -> threads().isEmpty());
        until("a class loader of an old backend is held", () -> {
            System.gc();
            return old.stream().allMatch(loader -> loader.get() == null);
        });
        assertEquals(1, cpu.getRegisteredServices() == null
                ? 0
                : Arrays.stream(cpu.getRegisteredServices())
                        .filter(service -> Arrays.asList((String[]) service.getProperty(Constants.OBJECTCLASS))
                                .contains(Backend.class.getName()))
                        .count());
    }

    private Bundle cpu() {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> "dev.millrace.backend.cpu".equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
    }

    /** The framework forgets the revisions that were updated. */
    private void refresh(Bundle bundle) throws InterruptedException {
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> refreshed.countDown());
        refreshed.await();
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("millrace-cpu")).sorted().toList();
    }

    private static void until(String otherwise, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, otherwise);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** Resident memory beside Java's heap; 0 where the system does not tell. */
    private static long beyondHeap() {
        try {
            return Files.isReadable(RESIDENT)
                    ? Long.parseLong(Files.readString(RESIDENT).split(" ", -1)[1]) * PAGE
                            - ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted()
                    : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
