/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.formats.tensor.WidenedTensor;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Plan, names and tensors together: a blueprint, with the shape of every tensor checked. */
public final class BlueprintAssembler {

    private final Hyperparameters plan;
    private final TensorNames names;
    private final WeightTable weights;

    private BlueprintAssembler(Hyperparameters plan, TensorNames names, WeightTable weights) {
        this.plan = plan;
        this.names = names;
        this.weights = weights;
    }

    /**
     * Makes a blueprint.
     *
     * @param plan what there must be
     * @param names what it is called
     * @param weights what there is
     * @return the blueprint; norms, routers, their biases and kernels are F32 whatever the file has
     * @throws dev.millrace.api.ModelFormatException if a tensor is missing, has another shape, or is not part of the plan
     */
    public static Blueprint assemble(Hyperparameters plan, TensorNames names, WeightTable weights) {
        Blueprint blueprint = new BlueprintAssembler(plan, names, weights).blueprint();
        weights.refuseUnused();
        return blueprint;
    }

    private Blueprint blueprint() {
        long hidden = plan.hiddenSize();
        Tensor embedding = weights.take(names.embedding(), plan.vocabularySize(), hidden);
        List<Blueprint.Layer> layers = new ArrayList<>();
        for (int i = 0; i < plan.layers().size(); i++) {
            Hyperparameters.Layer layer = plan.layers().get(i);
            layers.add(new Blueprint.Layer(norm(TensorNames.at(names.mixerNorm(), i), hidden), mixer(layer.mixer(), i),
                    norm(TensorNames.at(names.feedForwardNorm(), i), hidden), feedForward(layer.feedForward(), i)));
        }
        String outputNorm = names.outputNorm().stream().filter(weights::has).findFirst()
                .orElse(names.outputNorm().getFirst());
        Tensor head = embedding;
        if (plan.tied()) {
            weights.ignore(names.head());
        } else {
            head = weights.take(names.head(), plan.vocabularySize(), hidden);
        }
        return new Blueprint(plan.architecture(), plan.vocabularySize(), plan.hiddenSize(), plan.contextLength(),
                embedding, layers, norm(outputNorm, hidden), head);
    }

    private Tensor matrix(String name, int layer, long rows, long columns) {
        return weights.take(TensorNames.at(name, layer), rows, columns);
    }

    private Blueprint.Norm norm(String name, long size) {
        return new Blueprint.Norm(WidenedTensor.of(weights.take(name, size)), plan.epsilon());
    }

    private Blueprint.Mixer mixer(Hyperparameters.Mixer mixer, int layer) {
        long hidden = plan.hiddenSize();
        return switch (mixer) {
            case Hyperparameters.Attention a -> {
                long queries = (long) a.heads() * a.headSize();
                long keys = (long) a.kvHeads() * a.headSize();
                TensorNames.Attention n = names.attention();
                yield Blueprint.Attention.plain(a.heads(), a.kvHeads(), a.headSize(),
                        matrix(n.query(), layer, queries, hidden), matrix(n.key(), layer, keys, hidden),
                        matrix(n.value(), layer, keys, hidden), matrix(n.output(), layer, hidden, queries),
                        new Position.Rope(a.headSize(), a.theta()))
                        .withNorms(norm(TensorNames.at(n.queryNorm(), layer), a.headSize()),
                                norm(TensorNames.at(n.keyNorm(), layer), a.headSize()));
            }
            case Hyperparameters.ShortConv c -> new Blueprint.ShortConv(c.width(),
                    matrix(names.convolution().in(), layer, 3 * hidden, hidden),
                    WidenedTensor.of(matrix(names.convolution().kernel(), layer, hidden, c.width())),
                    matrix(names.convolution().out(), layer, hidden, hidden));
        };
    }

    private Blueprint.FeedForward feedForward(Hyperparameters.FeedForward feedForward, int layer) {
        long hidden = plan.hiddenSize();
        return switch (feedForward) {
            case Hyperparameters.Dense d -> new Blueprint.Dense(matrix(names.dense().gate(), layer, d.inner(), hidden),
                    matrix(names.dense().up(), layer, d.inner(), hidden),
                    matrix(names.dense().down(), layer, hidden, d.inner()));
            case Hyperparameters.Experts e -> {
                Tensor router = WidenedTensor.of(matrix(names.router(), layer, e.count(), hidden));
                Tensor bias = e.bias()
                        ? WidenedTensor.of(weights.take(TensorNames.at(names.bias(), layer), e.count()))
                        : null;
                yield new Blueprint.Experts(new Blueprint.Linear(router), bias, e.gating(), e.used(), e.normalise(),
                        e.scale(), experts(e, layer), null);
            }
        };
    }

    private List<Blueprint.Dense> experts(Hyperparameters.Experts e, int layer) {
        TensorNames.Experts storage = names.experts().stream().filter(s -> weights.has(firstName(s, layer))).findFirst()
                .orElse(names.experts().getFirst());
        long hidden = plan.hiddenSize();
        long inner = e.inner();
        List<Blueprint.Dense> experts = new ArrayList<>();
        switch (storage) {
            case TensorNames.Experts.Single single -> {
                for (int x = 0; x < e.count(); x++) {
                    TensorNames.Gated n = single.names();
                    experts.add(new Blueprint.Dense(weights.take(TensorNames.at(n.gate(), layer, x), inner, hidden),
                            weights.take(TensorNames.at(n.up(), layer, x), inner, hidden),
                            weights.take(TensorNames.at(n.down(), layer, x), hidden, inner)));
                }
            }
            case TensorNames.Experts.Stacked stacked -> {
                Tensor gate = stack(stacked.names().gate(), layer, e.count(), inner, hidden);
                Tensor up = stack(stacked.names().up(), layer, e.count(), inner, hidden);
                Tensor down = stack(stacked.names().down(), layer, e.count(), hidden, inner);
                for (int x = 0; x < e.count(); x++) {
                    experts.add(new Blueprint.Dense(gate.slice(x * inner, inner), up.slice(x * inner, inner),
                            down.slice(x * hidden, hidden)));
                }
            }
            case TensorNames.Experts.StackedTogether together -> {
                Tensor gateUp = stack(together.gateUp(), layer, e.count(), 2 * inner, hidden);
                Tensor down = stack(together.down(), layer, e.count(), hidden, inner);
                for (int x = 0; x < e.count(); x++) {
                    experts.add(new Blueprint.Dense(gateUp.slice(2L * x * inner, inner),
                            gateUp.slice((2L * x + 1) * inner, inner), down.slice(x * hidden, hidden)));
                }
            }
        }
        return experts;
    }

    private Tensor stack(String name, int layer, long count, long rows, long columns) {
        return weights.take(TensorNames.at(name, layer), count, rows, columns);
    }

    private static String firstName(TensorNames.Experts storage, int layer) {
        return switch (storage) {
            case TensorNames.Experts.Single s -> TensorNames.at(s.names().gate(), layer, 0);
            case TensorNames.Experts.Stacked s -> TensorNames.at(s.names().gate(), layer);
            case TensorNames.Experts.StackedTogether s -> TensorNames.at(s.gateUp(), layer);
        };
    }
}
