/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two devices: each is one of its own, and nothing of one is done on the other. */
class SeveralDevicesTest {

    private static final int TOKENS = 12;

    private final Blueprint model = CudaContractTest.model();
    private Faults faults;
    private CudaBackend backend;
    private List<Device> devices;

    @BeforeEach
    void two() {
        faults = new Faults();
        faults.devices(2);
        backend = Emulated.backend();
        devices = backend.devices();
    }

    @AfterEach
    void one() {
        faults.devices(1);
        faults.fail(Faults.Call.ALLOC, Long.MAX_VALUE, 0);
    }

    private Executor load(int device) {
        return backend.load(model, devices.get(device), LoadOptions.of(64), Progress.NONE);
    }

    private static Step step(Executor executor) {
        return new Step(executor.newSequence(), 96);
    }

    private static float[] logits(Executor executor, Step step, int token) {
        executor.forward(List.of(step.feed(new int[]{token}, 0, 1, Step.Logits.LAST)));
        return step.logits().clone();
    }

    @Test
    void eachIsListedAndUsedAlone() {
        assertEquals(List.of("cuda:0", "cuda:1"), devices.stream().map(Device::id).toList());
        try (Executor second = load(1)) {
            assertEquals(0, faults.live(Faults.Call.ALLOC, 0));
            assertTrue(faults.live(Faults.Call.ALLOC, 1) > 0);
            logits(second, step(second), 1);
            for (Faults.Call call : List.of(Faults.Call.ALLOC, Faults.Call.HOST_ALLOC, Faults.Call.STREAM,
                    Faults.Call.MODULE, Faults.Call.GRAPH)) {
                assertEquals(0, faults.live(call, 0), call::name);
            }
        }
        assertEquals(0, faults.live(Faults.Call.ALLOC, 1));
    }

    @Test
    void bothComputeTheSameInTurnOnOneThread() {
        try (Executor first = load(0); Executor second = load(1)) {
            Step here = step(first);
            Step there = step(second);
            for (int token = 0; token < TOKENS; token++) {
                assertArrayEquals(logits(first, here, token), logits(second, there, token));
            }
            // what one has read goes on on the other
            try (Sequence moved = second.newSequence(here.sequence().export())) {
                assertArrayEquals(logits(first, here, TOKENS), logits(second, new Step(moved, 96), TOKENS));
            }
        }
        assertEquals(0, faults.live(Faults.Call.ALLOC));
    }

    @Test
    void theLossOfOneLeavesTheOther() {
        try (Executor first = load(0); Executor second = load(1)) {
            Step here = step(first);
            Step there = step(second);
            logits(first, here, 1);
            faults.fail(Faults.Call.LAUNCH, 1, Faults.LAUNCH_FAILED);
            assertThrows(ExecutorLostException.class, () -> logits(second, there, 1));
            long held = faults.live(Faults.Call.ALLOC, 0);
            try (Executor alone = load(0)) {
                assertArrayEquals(logits(alone, again(alone), 2), logits(first, here, 2));
            }
            assertEquals(held, faults.live(Faults.Call.ALLOC, 0));
        }
        assertEquals(0, faults.live(Faults.Call.ALLOC));
        try (Executor anew = load(1)) {
            logits(anew, step(anew), 1);
        }
    }

    private static Step again(Executor executor) {
        Step step = step(executor);
        logits(executor, step, 1);
        return step;
    }
}
