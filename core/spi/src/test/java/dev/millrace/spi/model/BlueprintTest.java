/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.FeedForward;
import dev.millrace.spi.model.Blueprint.Gating;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Blueprint.Mixer;
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Blueprint.Norm;
import dev.millrace.spi.model.Blueprint.Norms;
import dev.millrace.spi.model.Blueprint.Shared;
import dev.millrace.spi.model.Blueprint.ShortConv;
import dev.millrace.spi.model.Blueprint.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a blueprint asks for and what it holds, derived from its data alone. */
class BlueprintTest {

    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int HEAD_SIZE = 8;
    private static final Norm NORM = new Norm(t("norm"), 1e-5f);
    private static final Norm ONE_PLUS = new Norm(t("onePlus"), 1e-5f, true);
    private static final Norms BEFORE = new Norms(NORM, null);
    private static final Dense DENSE = new Dense(t("gate"), t("up"), t("down"));
    private static final Linear PLAIN = new Linear(t("weight"));
    private static final Linear BIASED = new Linear(t("weight"), t("bias"));

    private static Tensor t(String name) {
        return new NamedTensor(name);
    }

    private static Attention attention(Position position) {
        return Attention.plain(HEADS, KV_HEADS, HEAD_SIZE, t("q"), t("k"), t("v"), t("o"), position);
    }

    private static Attention attention() {
        return attention(new Position.Rope(HEAD_SIZE, 10_000));
    }

    private static Attention scaled(Position.Scaling scaling) {
        return attention(new Position.Rope(HEAD_SIZE, 10_000, Position.Order.HALVES, scaling));
    }

    private static Norm norm(long columns) {
        return new Norm(new NamedTensor("head norm", 1, columns), 1e-5f);
    }

    private static Blueprint of(Layer... layers) {
        return new Blueprint("test", 16, 32, 64, t("embedding"), List.of(layers), NORM, t("head"));
    }

    private static Blueprint of(Mixer mixer, FeedForward feedForward) {
        return of(new Layer(BEFORE, mixer, BEFORE, feedForward));
    }

    private static Blueprint of(Multipliers multipliers, float softcap) {
        Blueprint plain = of(attention(), DENSE);
        return new Blueprint("test", 16, 32, 64, plain.embedding(), plain.layers(), NORM, plain.head(), multipliers,
                softcap);
    }

    private static Experts experts(Gating gating, Linear router, @Nullable Shared shared) {
        return new Experts(router, null, gating, 1, true, 1, List.of(DENSE, DENSE), shared);
    }

    /** A blueprint for each feature, which asks for it beside what all of them ask for. */
    private static Map<Feature, Blueprint> examples() {
        Map<Feature, Blueprint> examples = new LinkedHashMap<>();
        examples.put(Feature.ATTENTION, of(attention(), DENSE));
        examples.put(Feature.SHORT_CONVOLUTION, of(new ShortConv(3, t("in"), t("kernel"), t("out")), DENSE));
        examples.put(Feature.HEAD_NORM, of(attention().withNorms(norm(HEAD_SIZE), norm(HEAD_SIZE)), DENSE));
        examples.put(Feature.PROJECTION_NORM,
                of(attention().withNorms(norm(HEADS * HEAD_SIZE), norm(KV_HEADS * HEAD_SIZE)), DENSE));
        examples.put(Feature.ONE_HEAD_NORM, of(attention().withNorms(null, norm(HEAD_SIZE)), DENSE));
        examples.put(Feature.NO_POSITION, of(attention(new Position.None()), DENSE));
        examples.put(Feature.ROPE_PARTIAL, of(attention(new Position.Rope(HEAD_SIZE - 2, 10_000)), DENSE));
        examples.put(Feature.ROPE_INTERLEAVED, of(attention(new Position.Rope(HEAD_SIZE, 10_000,
                Position.Order.INTERLEAVED, new Position.Scaling.None())), DENSE));
        examples.put(Feature.ROPE_SCALING, of(scaled(new Position.Scaling.Linear(2)), DENSE));
        List<Float> divisors = List.of(1f, 2f, 3f, 4f);
        examples.put(Feature.ROPE_BY_LENGTH,
                of(scaled(new Position.Scaling.LongRope(divisors, divisors, 8, 1, 1)), DENSE));
        examples.put(Feature.WINDOW, of(attention().withSpan(new Span(5)), DENSE));
        examples.put(Feature.ATTENTION_SCALE, of(attention().withScores(0.5f, 0, null), DENSE));
        float scale = attention().scale();
        examples.put(Feature.ATTENTION_SOFTCAP, of(attention().withScores(scale, 30, null), DENSE));
        examples.put(Feature.ATTENTION_SINKS, of(attention().withScores(scale, 0, t("sinks")), DENSE));
        examples.put(Feature.ATTENTION_BIAS, of(attention().withBiases(null, null, t("bias"), null), DENSE));
        examples.put(Feature.NO_NORM_BEFORE, of(new Layer(new Norms(null, NORM), attention(), BEFORE, DENSE)));
        examples.put(Feature.NORM_AFTER, of(new Layer(BEFORE, attention(), new Norms(NORM, NORM), DENSE)));
        examples.put(Feature.NORM_ONE_PLUS, of(new Layer(BEFORE, attention(), new Norms(ONE_PLUS, null), DENSE)));
        examples.put(Feature.SWIGLU, of(attention(), DENSE));
        examples.put(Feature.GEGLU, of(attention(), new Dense(PLAIN, PLAIN, PLAIN, Activation.GELU)));
        examples.put(Feature.CLAMPED_SWIGLU,
                of(attention(), new Dense(PLAIN, PLAIN, PLAIN, new Activation.ClampedSwiglu(1.7f, 7))));
        examples.put(Feature.FEED_FORWARD_BIAS, of(attention(), new Dense(PLAIN, PLAIN, BIASED, Activation.SILU)));
        examples.put(Feature.ROUTER_SIGMOID, of(attention(), experts(Gating.SIGMOID, PLAIN, null)));
        examples.put(Feature.ROUTER_SOFTMAX, of(attention(), experts(Gating.SOFTMAX, PLAIN, null)));
        examples.put(Feature.ROUTER_SOFTMAX_OF_PICKED,
                of(attention(), experts(Gating.SOFTMAX_OF_PICKED, PLAIN, null)));
        examples.put(Feature.ROUTER_BIAS, of(attention(), experts(Gating.SOFTMAX, BIASED, null)));
        examples.put(Feature.SHARED_EXPERT,
                of(attention(), experts(Gating.SOFTMAX, PLAIN, new Shared(DENSE, null))));
        examples.put(Feature.SHARED_EXPERT_GATE,
                of(attention(), experts(Gating.SOFTMAX, PLAIN, new Shared(DENSE, t("gate")))));
        examples.put(Feature.EMBEDDING_MULTIPLIER, of(new Multipliers(2, 1, 1), 0));
        examples.put(Feature.RESIDUAL_MULTIPLIER, of(new Multipliers(1, 2, 1), 0));
        examples.put(Feature.LOGITS_MULTIPLIER, of(new Multipliers(1, 1, 2), 0));
        examples.put(Feature.LOGITS_SOFTCAP, of(Multipliers.NONE, 30));
        return examples;
    }

    /** What a feature cannot be without. */
    private static Set<Feature> company(Feature feature) {
        return switch (feature) {
            case ROPE_BY_LENGTH -> EnumSet.of(Feature.ROPE_SCALING);
            case ONE_HEAD_NORM -> EnumSet.of(Feature.HEAD_NORM);
            case NO_NORM_BEFORE -> EnumSet.of(Feature.NORM_AFTER);
            case ROUTER_BIAS, SHARED_EXPERT -> EnumSet.of(Feature.ROUTER_SOFTMAX);
            case SHARED_EXPERT_GATE -> EnumSet.of(Feature.ROUTER_SOFTMAX, Feature.SHARED_EXPERT);
            default -> EnumSet.noneOf(Feature.class);
        };
    }

    @Test
    void eachFeatureIsSeenAndNoneIsClaimed() {
        Map<Feature, Blueprint> examples = examples();
        assertEquals(EnumSet.allOf(Feature.class), EnumSet.copyOf(examples.keySet()));
        examples.forEach((feature, blueprint) -> {
            Set<Feature> expected = company(feature);
            expected.add(feature);
            if (feature != Feature.SHORT_CONVOLUTION) {
                expected.add(Feature.ATTENTION);
            }
            if (feature != Feature.GEGLU && feature != Feature.CLAMPED_SWIGLU) {
                expected.add(Feature.SWIGLU);
            }
            assertEquals(expected, blueprint.features(), feature.name());
        });
    }

    @Test
    void everyPlaceIsLookedAt() {
        // one norm that counts from 1, one bias, one activation, wherever it stands
        Stream.of(new Layer(new Norms(ONE_PLUS, null), attention(), BEFORE, DENSE),
                new Layer(new Norms(NORM, ONE_PLUS), attention(), BEFORE, DENSE),
                new Layer(BEFORE, attention(), new Norms(NORM, ONE_PLUS), DENSE),
                new Layer(BEFORE, attention().withNorms(new Norm(norm(8).weight(), 1, true), norm(8)), BEFORE, DENSE),
                new Layer(BEFORE, attention().withNorms(norm(8), new Norm(norm(8).weight(), 1, true)), BEFORE, DENSE))
                .forEach(layer -> assertTrue(of(layer).features().contains(Feature.NORM_ONE_PLUS), layer::toString));
        assertTrue(new Blueprint("test", 16, 32, 64, t("e"), List.of(), ONE_PLUS, t("h")).features()
                .contains(Feature.NORM_ONE_PLUS));
        for (int place = 0; place < 4; place++) {
            Tensor[] biases = new Tensor[4];
            biases[place] = t("bias");
            assertTrue(of(attention().withBiases(biases[0], biases[1], biases[2], biases[3]), DENSE).features()
                    .contains(Feature.ATTENTION_BIAS));
        }
        Dense gelu = new Dense(PLAIN, BIASED, PLAIN, Activation.GELU);
        Set<Feature> routed = of(attention(),
                new Experts(PLAIN, null, Gating.SIGMOID, 1, true, 1, List.of(DENSE, gelu), null)).features();
        assertTrue(routed.containsAll(Set.of(Feature.SWIGLU, Feature.GEGLU, Feature.FEED_FORWARD_BIAS)));
        assertTrue(of(attention(), experts(Gating.SIGMOID, PLAIN, new Shared(gelu, null))).features()
                .contains(Feature.GEGLU));
        assertThrows(UnsupportedOperationException.class,
                () -> of(attention(), DENSE).features().add(Feature.GEGLU));
    }

    @Test
    void everyTensorIsListedOnceInTheOrderOfUse() {
        Tensor tied = t("embedding");
        Norm forQueries = norm(8);
        Norm forKeys = norm(8);
        List<Tensor> expected = new ArrayList<>();
        Attention attention = attention().withNorms(forQueries, forKeys).withBiases(t("qb"), t("kb"), t("vb"), t("ob"))
                .withScores(1, 0, t("sinks"));
        Dense expert = new Dense(new Linear(t("eg"), t("egb")), new Linear(t("eu"), t("eub")),
                new Linear(t("ed"), t("edb")), Activation.SILU);
        Dense shared = new Dense(t("sg"), t("su"), t("sd"));
        Tensor sharedGate = t("shared gate");
        Experts experts = new Experts(new Linear(t("router"), t("rb")), t("picking"), Gating.SIGMOID, 1, true, 1,
                List.of(expert), new Shared(shared, sharedGate));
        ShortConv conv = new ShortConv(3, t("in"), t("kernel"), t("out"));
        Norm[] norms = new Norm[9];
        Arrays.setAll(norms, i -> new Norm(t("norm " + i), 1));
        Blueprint blueprint = new Blueprint("test", 16, 32, 64, tied,
                List.of(new Layer(new Norms(norms[0], norms[1]), attention, new Norms(norms[2], norms[3]), experts),
                        new Layer(new Norms(norms[4], norms[5]), conv, new Norms(norms[6], norms[7]), DENSE)),
                norms[8], tied);
        expected.add(tied);
        expected.addAll(List.of(norms[0].weight(), norms[1].weight()));
        expected.addAll(Stream.of(attention.query(), attention.key(), attention.value())
                .flatMap(l -> Stream.of(l.weight(), l.bias())).toList());
        expected.addAll(Arrays.asList(forQueries.weight(), forKeys.weight(), attention.sinks()));
        expected.addAll(Arrays.asList(attention.output().weight(), attention.output().bias()));
        expected.addAll(List.of(norms[2].weight(), norms[3].weight()));
        expected.addAll(Arrays.asList(experts.router().weight(), experts.router().bias(), experts.bias()));
        for (Linear linear : List.of(expert.gate(), expert.up(), expert.down())) {
            expected.addAll(Arrays.asList(linear.weight(), linear.bias()));
        }
        expected.addAll(List.of(shared.gate().weight(), shared.up().weight(), shared.down().weight(), sharedGate));
        expected.addAll(List.of(norms[4].weight(), norms[5].weight(), conv.in(), conv.kernel(), conv.out(),
                norms[6].weight(), norms[7].weight()));
        expected.addAll(List.of(DENSE.gate().weight(), DENSE.up().weight(), DENSE.down().weight()));
        expected.add(norms[8].weight());
        assertEquals(expected, blueprint.tensors());
        Set<String> vectors = Set.of("kernel", "sinks", "picking", "head norm");
        assertEquals(expected.stream().filter(tensor -> !vectors.contains(tensor.name())
                && !tensor.name().startsWith("norm ") && !tensor.name().matches("[qkvoreudg]+b")).toList(),
                blueprint.matrices());
    }

    @Test
    void layersSayWhatTheyKeep() {
        ShortConv conv = new ShortConv(3, t("in"), t("kernel"), t("out"));
        Blueprint blueprint = of(new Layer(NORM, attention(), NORM, DENSE), new Layer(NORM, conv, NORM, DENSE),
                new Layer(NORM, attention().withSpan(new Span(5)), NORM, DENSE));
        assertEquals(List.of(new StateShape.KeyValues(KV_HEADS, HEAD_SIZE), new StateShape.ConvColumns(32, 2),
                new StateShape.KeyValues(KV_HEADS, HEAD_SIZE, 5)), blueprint.stateShapes());
        StateShape.KeyValues window = new StateShape.KeyValues(2, 8, 5);
        assertEquals(0, window.kept(0));
        assertEquals(5, window.kept(5));
        assertEquals(5, window.kept(6));
        assertEquals(6, new StateShape.KeyValues(2, 8).kept(6));
    }
}
