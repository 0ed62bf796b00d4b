/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.BackendContract;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** The contract of all backends, on each device. */
class CpuContractTest {

    private static final Path NANO = Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano");

    /** The CPU backend with pages that can be made to fail. */
    private record WithPages(BoundedPages pages) implements Backend {

        @Override
        public String id() {
            return Run.BACKEND.id();
        }

        @Override
        public List<Device> devices() {
            return Run.BACKEND.devices();
        }

        @Override
        public Set<Feature> features() {
            return Run.BACKEND.features();
        }

        @Override
        public Fit fit(Program program, Device device, LoadOptions options) {
            return Run.BACKEND.fit(program, device, options);
        }

        @Override
        public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
            return Run.BACKEND.load(program, device, options, progress, pages);
        }
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class Contract extends BackendContract {

        private final ModelFile model = new SafetensorsFormat().open(NANO);
        private final String device;
        private final BoundedPages pages = new BoundedPages(Integer.MAX_VALUE);

        Contract(String device) {
            this.device = device;
        }

        @AfterAll
        void close() {
            model.close();
        }

        @Override
        protected Backend backend() {
            return new WithPages(pages);
        }

        @Override
        protected Device device() {
            return Run.devices().filter(d -> d.id().equals(device)).findFirst().orElseThrow();
        }

        @Override
        protected Program program() {
            return model.program();
        }

        @Override
        protected Optional<Executor> cramped() {
            LoadOptions options = LoadOptions.of(96).withThreads(2).withPrecision(Precision.EXACT);
            return Optional.of(new WithPages(new BoundedPages(3)).load(program(), device(), options, Progress.NONE));
        }

        /** A fork makes its origin take a page of its own next, for which there is no memory then. */
        @Override
        protected boolean breaks(Executor executor, Sequence sequence) {
            sequence.fork();
            pages.failOnce();
            return true;
        }
    }

    @Nested
    @EnabledIf("assembled")
    class Assembled extends Contract {
        Assembled() {
            super("cpu:assembled");
        }

        static boolean assembled() {
            return Run.devices().anyMatch(device -> device.id().equals("cpu:assembled"));
        }
    }

    @Nested
    class Vector extends Contract {
        Vector() {
            super("cpu:vector");
        }
    }

    @Nested
    class Scalar extends Contract {
        Scalar() {
            super("cpu:scalar");
        }
    }
}
