/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Millrace;
import dev.millrace.test.HotSwaps;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** What a backend leaves behind that is updated while models run on it: nothing. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@Timeout(300)
@SuppressWarnings("NullAway.Init")
class LeavingTest {

    private static final int UPDATES = 2;

    @InjectBundleContext
    BundleContext context;

    private Bundle cpu() {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> "dev.millrace.backend.cpu".equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
    }

    private WeakReference<ClassLoader> loader() {
        return new WeakReference<>(cpu().adapt(BundleWiring.class).getClassLoader());
    }

    /** Reads the bundle again and wires it anew, as an update from a console does. */
    private void update(Bundle bundle) throws Exception {
        bundle.update();
        CountDownLatch refreshed = new CountDownLatch(1);
        context.getBundle(0).adapt(FrameworkWiring.class).refreshBundles(List.of(bundle), event -> {
            if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                refreshed.countDown();
            }
        });
        refreshed.await();
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("millrace-cpu")
                        || thread.getName().startsWith("millrace-model"))
                .count();
    }

    @Test
    void theClassLoaderOfAnUpdatedBackendIsCollectedAndItsThreadsAreGone(
            @InjectService(timeout = 10_000) Millrace millrace) throws Exception {
        WeakReference<ClassLoader> first = loader();
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, UPDATES, (model, number) -> {
            // somewhere in the middle of the answers
            LockSupport.parkNanos(50_000_000);
            update(cpu());
        });
        assertEquals(List.of(), outcome.wrong());
        // a model's threads end soon after it is closed; classes go when the collector takes them
        while (first.get() != null || threads() > 0) {
            System.gc();
            LockSupport.parkNanos(20_000_000);
        }
    }
}
