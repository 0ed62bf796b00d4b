/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.TensorType;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The kernels of each weight type on one thread, as {@link KernelMeasurements} runs them, but with JMH's forks and statistics.
 * Types that there are no kernels for are left out with a message.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {

    /** Work done, which JMH reports per second beside the number of calls. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Work {
        /** Bytes of weights read. */
        public long weightBytes;
        /** Products added up. */
        public long macs;
    }

    /** Which kernels: assembled, vector or scalar. */
    @Param({"assembled", "vector"})
    public String kernels = "";

    /** Type of the weights. */
    @Param({"F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
            "IQ4_NL", "IQ4_XS", "MXFP4"})
    public TensorType type = TensorType.F32;

    private KernelMeasurements.Trial trial;

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public KernelBenchmark() {
    }

    /** Makes weights. */
    @Setup
    public void start() {
        KernelSets.Set set = Objects.requireNonNull(KernelSets.here().of("cpu:" + kernels),
                kernels + " cannot run here");
        trial = KernelMeasurements.Trial.of(set.kernels(), type);
    }

    /** Matrix times one vector, weights from memory. */
    @Benchmark
    public long decode(Work work) {
        long bytes = trial.decode();
        work.weightBytes += bytes;
        return bytes;
    }

    /** Matrix times 64 vectors. */
    @Benchmark
    public long prefill(Work work) {
        long macs = trial.prefill();
        work.macs += macs;
        return macs;
    }

    /** Frees the weights. */
    @TearDown
    public void stop() {
        trial.close();
    }
}
