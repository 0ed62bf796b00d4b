/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a model takes of the device comes back: after use, after failures of any call, and after the loss of the device. */
class ResourcesTest {

    private static final List<Faults.Call> COUNTED = List.of(Faults.Call.ALLOC, Faults.Call.HOST_ALLOC,
            Faults.Call.STREAM, Faults.Call.MODULE, Faults.Call.GRAPH);
    private static final int LOADS = 1000;

    private final Blueprint model = CudaContractTest.model();
    private final Blueprint manyKernels = SmallModels.ofAllKernels();
    private final LoadOptions options = LoadOptions.of(64);
    private Faults faults;
    private CudaBackend backend;
    /** Keeps the device open: what is not freed would else be gone with it. */
    private Executor resident;
    private Map<Faults.Call, Long> before;

    @BeforeEach
    void count() {
        faults = new Faults();
        backend = Emulated.backend();
        resident = load();
        before = inUse();
    }

    @AfterEach
    void close() {
        resident.close();
        faults.fail(Faults.Call.ALLOC, Long.MAX_VALUE, 0);
    }

    private Map<Faults.Call, Long> inUse() {
        Map<Faults.Call, Long> live = new EnumMap<>(Faults.Call.class);
        COUNTED.forEach(call -> live.put(call, faults.live(call)));
        return live;
    }

    private Executor load() {
        return load(model);
    }

    private Executor load(Blueprint some) {
        return backend.load(some, backend.devices().getFirst(), options, Progress.NONE);
    }

    /** A token, so often that it is recorded as a graph. */
    private static Step run(Executor executor, int times) {
        Step step = new Step(executor.newSequence(), 96);
        for (int i = 0; i < times; i++) {
            executor.forward(List.of(step.feed(new int[]{i}, 0, 1, Step.Logits.LAST)));
        }
        return step;
    }

    @Test
    void nothingIsLeftOfAThousandLoads() {
        for (int i = 0; i < LOADS; i++) {
            try (Executor executor = load()) {
                assertTrue(faults.live(Faults.Call.ALLOC) > before.getOrDefault(Faults.Call.ALLOC, 0L));
                if (i % 100 == 0) {
                    run(executor, 4);
                }
            }
            assertEquals(before, inUse());
        }
    }

    @Test
    void whateverFailsWhileLoadingIsSaidAndLeavesNothing() {
        for (Faults.Call call : Faults.Call.values()) {
            long start = faults.called(call);
            load(manyKernels).close();
            long calls = faults.called(call) - start;
            // each allocation; of calls that come often, some
            long stride = call == Faults.Call.ALLOC ? 1 : Math.max(1, calls / 8);
            for (long n = 1; n <= calls; n += stride) {
                faults.fail(call, n, Faults.OUT_OF_MEMORY);
                String message = assertThrows(BackendException.class, () -> load(manyKernels), call + " " + n)
                        .getMessage();
                assertTrue(message.contains("small") && message.endsWith("."), message);
                assertEquals(before, inUse(), call + " " + n);
            }
        }
        load(manyKernels).close();
    }

    @Test
    void aFailureOfAPassEndsItsSequencesAlone() {
        for (Faults.Call call : List.of(Faults.Call.LAUNCH, Faults.Call.COPY, Faults.Call.WAIT)) {
            try (Executor executor = load(); Sequence other = run(executor, 1).sequence()) {
                Step step = run(executor, 1);
                step.feed(new int[]{1}, 0, 1, Step.Logits.LAST);
                faults.fail(call, 1, 1);
                BackendException e = assertThrows(BackendException.class, () -> executor.forward(List.of(step)));
                assertTrue(!(e instanceof ExecutorLostException), e.toString());
                assertThrows(IllegalStateException.class, () -> executor.forward(List.of(step)));
                Step next = new Step(other, 96);
                executor.forward(List.of(next.feed(new int[]{1}, 0, 1, Step.Logits.LAST)));
            }
            assertEquals(before, inUse(), call.toString());
        }
    }

    @Test
    void aLostDeviceIsSaidToBeLostUntilItIsOpenedAnew() {
        for (Faults.Call call : List.of(Faults.Call.LAUNCH, Faults.Call.COPY, Faults.Call.WAIT)) {
            Executor executor = load();
            Executor beside = load();
            Step step = run(executor, 2);
            Step another = run(beside, 1);
            faults.fail(call, 1, Faults.ILLEGAL_ADDRESS);
            int[] many = new int[60];
            ExecutorLostException e = assertThrows(ExecutorLostException.class,
                    () -> executor.forward(List.of(step.feed(many, 0, 60, Step.Logits.LAST))), call.toString());
            assertTrue(String.valueOf(e.getMessage()).contains("failed"), e.toString());
            assertThrows(ExecutorLostException.class, executor::newSequence);
            assertThrows(ExecutorLostException.class, () -> step.sequence().export());
            // the other model finds out by itself, whatever it does first
            assertThrows(ExecutorLostException.class, () -> another.sequence().fork());
            assertThrows(ExecutorLostException.class, beside::newSequence);
            assertThrows(ExecutorLostException.class, resident::newSequence);
            executor.close();
            beside.close();
            resident.close();
            assertEquals(Set.of(0L), Set.copyOf(inUse().values()), "the device has been given back");
            resident = load();
            assertEquals(1, run(resident, 1).sequence().length());
        }
    }

    @Test
    void aDeviceThatIsLostWhileLoadingIsOpenedAnew() {
        faults.fail(Faults.Call.COPY, 3, Faults.LAUNCH_FAILED);
        assertThrows(BackendException.class, this::load);
        assertThrows(ExecutorLostException.class, resident::newSequence);
        resident.close();
        resident = load();
        assertEquals(1, run(resident, 1).sequence().length());
    }

    @Test
    void aDeviceWithoutRoomLetsStepsWait() {
        try (Executor executor = load()) {
            faults.fail(Faults.Call.ALLOC, 1, Faults.OUT_OF_MEMORY);
            assertThrows(OutOfRoomException.class, executor::newSequence);
            Step step = new Step(executor.newSequence(), 96);
            faults.fail(Faults.Call.ALLOC, 1, Faults.OUT_OF_MEMORY);
            step.feed(new int[]{1}, 0, 1, Step.Logits.LAST);
            executor.forward(List.of(step));
            assertInstanceOf(OutOfRoomException.class, step.failure().orElseThrow());
            assertEquals(0, step.sequence().length());
            assertEquals(1, run(executor, 1).sequence().length());
            executor.forward(List.of(step.feed(new int[]{1}, 0, 1, Step.Logits.LAST)));
            assertEquals(1, step.sequence().length());
        }
        assertEquals(before, inUse());
    }

    /** Boards with one memory for processor and device have no room for the weights twice. */
    @Test
    void noPageOfTheFileStaysMapped() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(maps), "no list of mappings here");
        Path folder = Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano");
        try (ModelFile file = new SafetensorsFormat().open(folder);
                Executor executor = backend.load(file.program(), backend.devices().getFirst(), options,
                        Progress.NONE)) {
            assertTrue(executor.limits().sequences() > 0);
            assertTrue(Files.readAllLines(maps).stream().noneMatch(line -> line.endsWith("nano/model.safetensors")));
        }
    }
}
