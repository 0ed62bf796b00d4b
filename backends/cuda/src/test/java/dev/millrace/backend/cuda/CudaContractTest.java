/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.TensorType;
import dev.millrace.tck.BackendContract;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The contract of all backends, on kernels that the processor runs. No sequence can be made to fail alone: what goes wrong on a
 * device goes wrong for the whole pass, and a page that cannot be had fails a step without harm to its sequence. So
 * {@link #breaks} is not here.
 */
class CudaContractTest extends BackendContract {

    private static final int HIDDEN = 64;
    private final Blueprint model = model();

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    /** A layer with a convolution and one with attention, a dense one and one with experts. */
    static Blueprint model() {
        TensorType f32 = TensorType.F32;
        Blueprint.Norm norm = new Blueprint.Norm(new MadeUpTensor("norm", f32, 1, HIDDEN), 1e-5f);
        MadeUpTensor embedding = new MadeUpTensor("embedding", f32, 96, HIDDEN);
        Blueprint.Mixer conv = new Blueprint.ShortConv(3, new MadeUpTensor("in", f32, 3 * HIDDEN, HIDDEN),
                new MadeUpTensor("taps", f32, HIDDEN, 3), new MadeUpTensor("out", f32, HIDDEN, HIDDEN));
        Blueprint.Mixer attention = Blueprint.Attention.plain(2, 1, 64, new MadeUpTensor("q", f32, 128, HIDDEN),
                new MadeUpTensor("k", f32, 64, HIDDEN), new MadeUpTensor("v", f32, 64, HIDDEN),
                new MadeUpTensor("o", f32, HIDDEN, 128), new Position.Rope(64, 10_000));
        Blueprint.FeedForward experts = new Blueprint.Experts(
                new Blueprint.Linear(new MadeUpTensor("router", f32, 4, HIDDEN)), null, Blueprint.Gating.SIGMOID, 2,
                true, 1, List.of(dense("e0"), dense("e1"), dense("e2"), dense("e3")), null);
        return new Blueprint("tiny", 96, HIDDEN, 4096, embedding,
                List.of(new Blueprint.Layer(norm, conv, norm, dense("d")),
                        new Blueprint.Layer(norm, attention, norm, experts)),
                norm, embedding);
    }

    private static Blueprint.Dense dense(String name) {
        return new Blueprint.Dense(new MadeUpTensor(name + "g", TensorType.F32, 96, HIDDEN),
                new MadeUpTensor(name + "u", TensorType.F32, 96, HIDDEN),
                new MadeUpTensor(name + "d", TensorType.F32, HIDDEN, 96));
    }

    @Override
    protected Backend backend() {
        return Emulated.backend();
    }

    @Override
    protected Program program() {
        return model;
    }

    /** The device has the memory that one sequence takes, and no more. */
    @Override
    protected Optional<Executor> cramped() {
        if (!Emulated.isEmulated()) {
            return Optional.empty();
        }
        Backend backend = backend();
        LoadOptions options = LoadOptions.of(96).withPrecision(Precision.EXACT);
        Executor executor = backend.load(model, backend.devices().getFirst(), options, Progress.NONE);
        Sequence first = executor.newSequence();
        executor.forward(List.of(new Step(first, model.vocabularySize()).feed(new int[1], 0, 1, Step.Logits.NONE)));
        first.close();
        Faults faults = new Faults();
        faults.memory(faults.live(Faults.Call.ALLOC));
        return Optional.of(executor);
    }

    @AfterEach
    void giveMemoryBack() {
        if (Emulated.isEmulated()) {
            new Faults().memory(Faults.MEMORY);
        }
    }

    /** A launch goes through a few small objects: 270 bytes per forward of one sequence were measured, 590 of eight. */
    @Override
    protected long allocation() {
        return 1024;
    }
}
