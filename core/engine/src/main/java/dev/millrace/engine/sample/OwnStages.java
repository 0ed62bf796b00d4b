/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.Sampling;
import dev.millrace.api.Penalties;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import java.util.Optional;

/** The engine's own stages: all that {@link Sampling} asks for before the draw, and the guard against loops. */
enum OwnStages implements SamplerStage.Factory {

    /** Repetition, presence and frequency penalties. */
    OCCURRENCES {
        @Override
        public Optional<SamplerStage> create(StageContext context) {
            Sampling sampling = context.sampling();
            Penalties penalties = sampling.penalties();
            return sampling.repetitionPenalty() == 1 && penalties.presence() == 0 && penalties.frequency() == 0
                    ? Optional.empty()
                    : Optional.of(new OccurrencePenalties(sampling.repetitionPenalty(), penalties.presence(),
                            penalties.frequency(), penalties.window()));
        }
    },
    /** Repeated sequences. */
    DRY {
        @Override
        public Optional<SamplerStage> create(StageContext context) {
            return context.sampling().penalties().dry().multiplier() == 0
                    ? Optional.empty()
                    : Optional.of(new DryPenalty(context));
        }
    },
    /** Biases. */
    BIAS {
        @Override
        public Optional<SamplerStage> create(StageContext context) {
            return context.sampling().penalties().bias().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new LogitBias(context.sampling().penalties().bias()));
        }
    },
    /** Banned texts. */
    BANNED_TEXTS {
        @Override
        public Optional<SamplerStage> create(StageContext context) {
            return context.sampling().penalties().bannedTexts().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new BannedTexts(context, context.sampling().penalties().bannedTexts()));
        }
    },
    /** Loops. */
    LOOPS {
        @Override
        public Optional<SamplerStage> create(StageContext context) {
            return context.loops().enabled() ? Optional.of(new LoopGuard(context)) : Optional.empty();
        }
    };

    @Override
    public int order() {
        return 0;
    }
}
