/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.CONTEXT;
import static dev.millrace.tck.Bench.assertSentence;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a backend says of itself and of models, before it loads any. */
abstract class FitTests {

    /** Tokens of a context that no device holds. */
    private static final int ENDLESS = 1 << 30;

    private final Bench bench;

    FitTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void devicesBelongToTheBackend() {
        String id = bench.backend().id();
        assertTrue(id.matches("[A-Za-z0-9]+"), () -> "An id has letters and digits: " + id);
        for (Device device : bench.backend().devices()) {
            assertEquals(id, device.backend());
            assertTrue(device.id().startsWith(id + ":"), device.id());
            assertFalse(device.description().isBlank());
            assertTrue(device.memoryBytes() > 0, "a device has memory");
        }
    }

    @Test
    void featuresOfTheModelAreDeclared() {
        assertEquals(bench.backend().features(), bench.backend().features(), "features do not change");
        assertTrue(bench.backend().features().containsAll(bench.program().features()),
                () -> "The model under test asks for " + bench.program().features() + ", features() declares "
                        + bench.backend().features() + " only, so the engine would refuse it.");
    }

    @Test
    void modelFits() {
        Fit.Good good = assertInstanceOf(Fit.Good.class,
                bench.backend().fit(bench.program(), bench.device(), bench.options()));
        assertTrue(good.bytes() > 0, "a model takes memory");
    }

    @Test
    void longerContextsNeedNoLessMemory() {
        Fit.Good small = assertInstanceOf(Fit.Good.class,
                bench.backend().fit(bench.program(), bench.device(), bench.options()));
        Fit large = bench.backend().fit(bench.program(), bench.device(), bench.options().withContext(64 * CONTEXT));
        assertTrue(large instanceof Fit.Refused || (large instanceof Fit.Good good && good.bytes() >= small.bytes()),
                () -> small + " with a short context, " + large + " with a long one");
    }

    @Test
    void unknownDevicesAndProgramsAreRefused() {
        Device none = new Device(bench.backend().id() + ":tck-none", bench.backend().id(), "no device", 1L << 40);
        assertRefused(bench.backend().fit(bench.program(), none, bench.options()), Fit.Cause.DEVICE,
                "a device that it does not have");
        assertThrows(BackendException.class,
                () -> bench.backend().load(bench.program(), none, bench.options(), Progress.NONE));
        Graph unknown = new Graph("tck-unknown", "unknown", 8, 8, 8, List.of(new StateShape.KeyValues(1, 8)),
                List.of(new Graph.Variant("any", Path.of("tck-unknown"), List.of(), 1)));
        assertRefused(bench.backend().fit(unknown, bench.device(), bench.options()), Fit.Cause.PROGRAM,
                "a graph of a format that nobody knows");
        assertThrows(BackendException.class,
                () -> bench.backend().load(unknown, bench.device(), bench.options(), Progress.NONE));
    }

    private static void assertRefused(Fit fit, Fit.Cause cause, String what) {
        if (!(fit instanceof Fit.Refused refused)) {
            throw new AssertionError("fit does not refuse " + what + ": " + fit);
        }
        assertSentence(refused.reason());
        assertTrue(refused.cause() == cause || refused.cause() == Fit.Cause.OTHER, () -> "fit refuses " + what
                + " with the cause " + refused.cause() + ": the cause is " + cause + ", or OTHER.");
    }

    @Test
    void tooLittleMemoryIsRefusedAsSuch() {
        Fit fit = bench.backend().fit(bench.program(), bench.device(), bench.options().withContext(ENDLESS));
        assumeTrue(fit instanceof Fit.Refused, "a context of " + ENDLESS + " tokens fits");
        Fit.Refused refused = (Fit.Refused) fit;
        assertSentence(refused.reason());
        assertEquals(Fit.Cause.MEMORY, refused.cause(), () -> "A context of " + ENDLESS + " tokens is refused: "
                + refused.reason() + " Name the cause, so that the engine may free memory and ask again.");
        assertTrue(refused.bytes() == 0 || refused.bytes() > 1 << 20,
                () -> "bytes() is what the model would take, or 0: " + refused.bytes());
    }
}
