/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** A backend for the other process that does what the system property {@code millrace.test.behaviour} says, when it computes. */
public final class Misbehaving implements Backend {

    /** Needed there. */
    public Misbehaving() {
    }

    @Override
    public String id() {
        return "misbehaving";
    }

    @Override
    public List<Device> devices() {
        return List.of(new Device("misbehaving:0", "misbehaving", "made up", 1L << 30));
    }

    @Override
    public Set<Feature> features() {
        return Set.of();
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        return new Fit.Good(1, 1);
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        progress.update("made up", 1);
        return new Executor() {

            @Override
            public Limits limits() {
                return Limits.of(16).withStates(true);
            }

            @Override
            public Sequence newSequence() {
                return new Empty();
            }

            @Override
            public Sequence newSequence(SequenceState state) {
                return new Empty();
            }

            @Override
            public void forward(List<Step> steps) {
                misbehave();
                steps.forEach(step -> step.logits()[0] = 1);
            }

            @Override
            public void close() {
                // there is nothing
            }
        };
    }

    @Override
    public EncoderExecutor loadEncoder(Encoder encoder, Device device, LoadOptions options, Progress progress) {
        return new EncoderExecutor() {
            @Override
            public float[] encode(int[] tokens) {
                misbehave();
                return new float[]{tokens[0], ProcessHandle.current().pid() % 1000};
            }

            @Override
            public void close() {
                // there is nothing
            }
        };
    }

    private static void misbehave() {
        switch (System.getProperty("millrace.test.behaviour", "")) {
            case "hang" -> {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            case "end" -> {
                System.out.println("these are the last words");
                System.out.flush();
                Runtime.getRuntime().halt(3);
            }
            case "crash" -> crash();
            case "fill" -> throw new OutOfMemoryError("made up");
            case "recurse" -> misbehave();
            case "chatter" -> {
                // more than a pipe holds
                for (int i = 0; i < 40; i++) {
                    System.out.println("ALIVE \u0000\u0001\u0002\u0003" + ".".repeat(3000));
                }
            }
            default -> {
                // as it should
            }
        }
    }

    /** Lets native code read where there is no memory. */
    @SuppressWarnings("restricted")
    private static void crash() {
        Linker linker = Linker.nativeLinker();
        try {
            long length = (long) linker.downcallHandle(linker.defaultLookup().findOrThrow("strlen"),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS)).invokeExact(MemorySegment.NULL);
            throw new IllegalStateException("There is a text of " + length + " bytes at address 0.");
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads nothing. */
    private static final class Empty implements Sequence {

        @Override
        public int length() {
            return 0;
        }

        @Override
        public Sequence fork() {
            return new Empty();
        }

        @Override
        public boolean truncate(int length) {
            return true;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("It exports nothing.");
        }

        @Override
        public void close() {
            // there is nothing
        }
    }
}
