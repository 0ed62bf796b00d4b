/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Computes nothing: one token is always the likeliest by far, whatever was read. */
public final class IdleBackend implements Backend {

    static final String ID = "idle";

    /** An ordinary word or piece of one in any vocabulary: control tokens come before it, or at the end. */
    private static final int TOKEN = 500;
    private static final float LIKELY = 30;

    /** For the service loader. */
    public IdleBackend() {
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<Device> devices() {
        return List.of(new Device(ID + ":0", ID, "computes nothing", 1L << 40));
    }

    @Override
    public Set<Feature> features() {
        return EnumSet.allOf(Feature.class); // it computes none of them, and all alike
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        return new Fit.Good(0, 0);
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        return new Idle();
    }

    private static final class Idle implements Executor {

        @Override
        public Limits limits() {
            return Limits.of(4096).withRollback(Limits.ANY_ROLLBACK);
        }

        @Override
        public Sequence newSequence() {
            return new Count(0);
        }

        @Override
        public Sequence newSequence(SequenceState state) {
            throw new UnsupportedOperationException("there is no state");
        }

        @Override
        public void forward(List<Step> steps) {
            for (Step step : steps) {
                ((Count) step.sequence()).length += step.length();
                if (step.logitRows() == 1) {
                    Arrays.fill(step.logits(), 0);
                    step.logits()[TOKEN] = LIKELY;
                }
            }
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    private static final class Count implements Sequence {

        private int length;

        Count(int length) {
            this.length = length;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            return new Count(length);
        }

        @Override
        public boolean truncate(int kept) {
            length = kept;
            return true;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("there is no state");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }
}
