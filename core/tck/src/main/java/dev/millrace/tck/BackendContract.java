/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.Device;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Nested;

/**
 * What every backend promises. A backend's tests extend this class, name the backend and a model that it can run (small: all
 * tests together read some thousand tokens), and add what is their own.
 *
 * <p>
 * What a backend declares is tested; what it does not declare is reported as aborted, with what that is.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class BackendContract {

    /** For classes that extend this one. */
    protected BackendContract() {
    }

    /**
     * The backend under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract Backend backend();

    /**
     * A model that it can run.
     *
     * @return a program whose files stay open for all tests of the class
     */
    protected abstract Program program();

    /**
     * A small model with random weights, for backends whose tests need no file: two layers, 160 tokens of vocabulary.
     *
     * @param feature what it asks for beside as little as can be
     * @return a program in memory
     */
    protected static Program madeUp(Feature feature) {
        return new FeatureModels(1).of(feature);
    }

    /**
     * The device under test.
     *
     * @return the backend's best by default
     */
    protected Device device() {
        return backend().devices().getFirst();
    }

    /**
     * How far logits may differ when the same tokens are read in other pieces or in other company, and from those of the
     * reference.
     *
     * @return largest difference of a logit
     */
    protected double tolerance() {
        return 1e-3;
    }

    /**
     * What one call of forward may allocate on the Java heap in steady state, on all threads together, however many steps it has.
     * A call that reads a prompt may take as much again for each {@value Bench#PROMPT_TOKENS} tokens, since pages for keys and
     * values are made then.
     *
     * @return bytes per call, 64 by default; more only where a library in between cannot do without
     */
    protected long allocation() {
        return 64;
    }

    /**
     * Makes the next forward of a sequence fail, to test that others do not fail with it.
     *
     * @param executor owns the sequence
     * @param sequence to be broken
     * @return false, as here, if the tests of this backend cannot do that
     */
    protected boolean breaks(Executor executor, Sequence sequence) {
        return false;
    }

    /**
     * An executor of {@link #program} with a context of {@value Bench#CONTEXT} tokens, and with so little room that it is used up
     * by some sequences, to test that nothing is lost then.
     *
     * @return empty, as here, if the backend knows no such bound
     */
    protected Optional<Executor> cramped() {
        return Optional.empty();
    }

    Bench bench() {
        return new Bench(this);
    }

    @Nested
    final class Fitting extends FitTests {
        Fitting() {
            super(bench());
        }
    }

    @Nested
    final class Loading extends LoadTests {
        Loading() {
            super(bench());
        }
    }

    @Nested
    final class Forwarding extends ForwardTests {
        Forwarding() {
            super(bench());
        }
    }

    @Nested
    final class Computing extends FeatureTests {
        Computing() {
            super(bench());
        }
    }

    @Nested
    final class Refusing extends RefusalTests {
        Refusing() {
            super(bench());
        }
    }

    @Nested
    final class Limiting extends LimitTests {
        Limiting() {
            super(bench());
        }
    }

    @Nested
    final class Failing extends FailureTests {
        Failing() {
            super(bench());
        }
    }

    @Nested
    final class Truncating extends TruncateTests {
        Truncating() {
            super(bench());
        }
    }

    @Nested
    final class Forking extends ForkTests {
        Forking() {
            super(bench());
        }
    }

    @Nested
    final class Exchanging extends StateTests {
        Exchanging() {
            super(bench());
        }
    }

    @Nested
    final class Choosing extends BestTests {
        Choosing() {
            super(bench());
        }
    }

    @Nested
    final class Closing extends CloseTests {
        Closing() {
            super(bench());
        }
    }
}
