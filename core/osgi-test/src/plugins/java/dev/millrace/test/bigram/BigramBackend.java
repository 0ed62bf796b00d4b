/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.bigram;

import dev.millrace.api.BackendException;
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
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Runs models without layers: embedding, norm and head, so the next token depends on the last one alone. */
@Component(immediate = true)
public final class BigramBackend implements Backend {

    private static final Device DEVICE = new Device("bigram:0", "bigram", "models without layers", 1L << 30);

    @Override
    public String id() {
        return "bigram";
    }

    @Override
    public List<Device> devices() {
        return List.of(DEVICE);
    }

    @Override
    public Set<Feature> features() {
        return Set.of();
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        if (!(program instanceof Blueprint blueprint) || !blueprint.layers().isEmpty() || !device.equals(DEVICE)) {
            return new Fit.Refused("The bigram backend runs models without layers on bigram:0 only: take another.");
        }
        long values = 2L * blueprint.vocabularySize() * blueprint.hiddenSize() + blueprint.hiddenSize();
        return values * Float.BYTES < device.memoryBytes()
                ? new Fit.Good(1, values * Float.BYTES)
                : new Fit.Refused("The bigram backend takes models up to 1 GiB: take another.");
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        progress.update("loading weights", 0);
        Executor executor = new Bigrams((Blueprint) program, options);
        progress.update("ready", 1);
        return executor;
    }

    private static final class Bigrams implements Executor {

        private final Limits limits = Limits.of(256).withRollback(Limits.ANY_ROLLBACK);
        private final StepCheck check;
        private final int hidden;
        private final float epsilon;
        private final float[] embedding;
        private final float[] norm;
        private final float[] head;
        private final float[] normed;
        private boolean closed;

        Bigrams(Blueprint blueprint, LoadOptions options) {
            check = new StepCheck(blueprint, options.context(), limits);
            hidden = blueprint.hiddenSize();
            epsilon = blueprint.outputNorm().epsilon();
            embedding = values(blueprint.embedding());
            norm = values(blueprint.outputNorm().weight());
            head = values(blueprint.head());
            normed = new float[hidden];
        }

        private static float[] values(Tensor tensor) {
            float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
            try {
                tensor.read(0, (int) tensor.rows(), values, 0);
            } catch (IOException e) {
                throw new BackendException("The tensor " + tensor.name() + " cannot be read: " + e.getMessage(), e);
            }
            return values;
        }

        @Override
        public Limits limits() {
            return limits;
        }

        @Override
        public Sequence newSequence() {
            open();
            return new Length(this, 0);
        }

        @Override
        public Sequence newSequence(SequenceState state) {
            throw new UnsupportedOperationException("The bigram backend exchanges no states.");
        }

        @Override
        public void forward(List<Step> steps) {
            open();
            for (Step step : steps) {
                if (!(step.sequence() instanceof Length sequence) || sequence.owner != this) {
                    throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
                }
                sequence.open();
            }
            check.check(steps);
            for (Step step : steps) {
                int rows = step.logitRows();
                for (int row = 0; row < rows; row++) {
                    logits(step.token(step.length() - rows + row), step.logits(), row * step.vocabularySize());
                }
                ((Length) step.sequence()).length += step.length();
            }
        }

        private void logits(int token, float[] into, int at) {
            int from = token * hidden;
            float squares = 0;
            for (int i = 0; i < hidden; i++) {
                squares += embedding[from + i] * embedding[from + i];
            }
            float scale = (float) (1 / Math.sqrt(squares / hidden + epsilon));
            for (int i = 0; i < hidden; i++) {
                normed[i] = embedding[from + i] * scale * norm[i];
            }
            for (int row = 0; row < head.length / hidden; row++) {
                float sum = 0;
                for (int i = 0; i < hidden; i++) {
                    sum += head[row * hidden + i] * normed[i];
                }
                into[at + row] = sum;
            }
        }

        void open() {
            if (closed) {
                throw new IllegalStateException("This model has been closed.");
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** All that a sequence has to keep. */
    private static final class Length implements Sequence {

        private final Bigrams owner;
        private int length;
        private boolean closed;

        Length(Bigrams owner, int length) {
            this.owner = owner;
            this.length = length;
        }

        void open() {
            owner.open();
            if (closed) {
                throw new IllegalStateException("This sequence is closed.");
            }
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            open();
            return new Length(owner, length);
        }

        @Override
        public boolean truncate(int kept) {
            open();
            length = Objects.checkIndex(kept, length + 1);
            return true;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("The bigram backend exchanges no states.");
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
