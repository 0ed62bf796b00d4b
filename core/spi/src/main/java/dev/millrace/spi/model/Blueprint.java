/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only model as data: what to compute, with handles on the weights. A backend executes it; a new model family is
 * a new reading of a file into a blueprint.
 *
 * <p>
 * With {@code h} the residual stream of {@link #hiddenSize()} values: {@code h = embedding[token] * multipliers.embedding};
 * for each layer {@code h += r * after(mixer(before(h)))}, then {@code h += r * after(feedForward(before(h)))} with the norms
 * of that part and {@code r = multipliers.residual}; last {@code logits = head . outputNorm(h) * multipliers.logits}, and
 * {@code softcap * tanh(logits / softcap)} if there is a softcap.
 *
 * <p>
 * Minor versions may add components to the records in here, and kinds to the sealed types. A backend that does not know an
 * addition never meets it: {@link #features()} names it, and the engine refuses what a backend does not declare.
 *
 * @param architecture the family's name in its file format, for messages only, for example {@code lfm2moe}
 * @param vocabularySize rows of embedding and head
 * @param hiddenSize columns of embedding and head
 * @param contextLength tokens that the model was made for
 * @param embedding one row per token id
 * @param layers in order
 * @param outputNorm before the head
 * @param head one row per token id; the same handle as the embedding if they are tied
 * @param multipliers factors of the residual stream and the logits
 * @param softcap bound of the logits, or 0 for none
 */
public record Blueprint(String architecture, int vocabularySize, int hiddenSize, int contextLength, Tensor embedding,
        List<Layer> layers, Norm outputNorm, Tensor head, Multipliers multipliers, float softcap) implements Program {

    /** Copies the list. */
    public Blueprint {
        layers = List.copyOf(layers);
    }

    /**
     * A blueprint without multipliers and softcap.
     *
     * @param architecture the family's name
     * @param vocabularySize rows of embedding and head
     * @param hiddenSize columns of embedding and head
     * @param contextLength tokens that the model was made for
     * @param embedding one row per token id
     * @param layers in order
     * @param outputNorm before the head
     * @param head one row per token id
     */
    public Blueprint(String architecture, int vocabularySize, int hiddenSize, int contextLength, Tensor embedding,
            List<Layer> layers, Norm outputNorm, Tensor head) {
        this(architecture, vocabularySize, hiddenSize, contextLength, embedding, layers, outputNorm, head,
                Multipliers.NONE, 0);
    }

    @Override
    public List<StateShape> stateShapes() {
        return layers.stream().map(layer -> switch (layer.mixer()) {
            case Attention a -> (StateShape) new StateShape.KeyValues(a.kvHeads(), a.headSize(), a.span().window());
            case ShortConv c -> new StateShape.ConvColumns(hiddenSize, c.width() - 1);
        }).toList();
    }

    @Override
    public Set<Feature> features() {
        return new FeatureList().of(this);
    }

    /**
     * Every tensor that the model computes with.
     *
     * @return in the order in which a token meets them, each handle once, so that tied embeddings are listed once
     */
    public List<Tensor> tensors() {
        return new TensorList(true).of(this);
    }

    /**
     * The tensors that are multiplied as matrices: what a backend may pack for its kernels.
     *
     * @return {@link #tensors()} without norms, biases, sinks and kernels of convolutions
     */
    public List<Tensor> matrices() {
        return new TensorList(false).of(this);
    }

    /**
     * Factors that some families put between the parts.
     *
     * @param embedding of the embedding's rows
     * @param residual of what each part adds to the stream
     * @param logits of the logits, before the softcap
     */
    public record Multipliers(float embedding, float residual, float logits) {

        /** Factors of 1. */
        public static final Multipliers NONE = new Multipliers(1, 1, 1);
    }

    /**
     * One layer.
     *
     * @param mixerNorms around the mixer
     * @param mixer moves information between positions
     * @param feedForwardNorms around the feed-forward
     * @param feedForward works on each position by itself
     */
    public record Layer(Norms mixerNorms, Mixer mixer, Norms feedForwardNorms, FeedForward feedForward) {

        /**
         * A layer with norms before its parts.
         *
         * @param mixerNorm before the mixer
         * @param mixer moves information between positions
         * @param feedForwardNorm before the feed-forward
         * @param feedForward works on each position by itself
         */
        public Layer(Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
            this(new Norms(mixerNorm, null), mixer, new Norms(feedForwardNorm, null), feedForward);
        }
    }

    /**
     * Norms around a part of a layer.
     *
     * @param before of what the part reads, or null
     * @param after of what the part gives, before it is added to the stream, or null
     */
    public record Norms(@Nullable Norm before, @Nullable Norm after) {
    }

    /**
     * Root mean square norm: {@code x * w / sqrt(mean(x^2) + epsilon)} (Zhang and Sennrich, 2019), where {@code w} is the
     * weight, or {@code 1 + weight}.
     *
     * @param weight one row
     * @param epsilon as the model was trained
     * @param onePlus whether 1 is added to the weight
     */
    public record Norm(Tensor weight, float epsilon, boolean onePlus) {

        /**
         * A norm that takes its weight as it is.
         *
         * @param weight one row
         * @param epsilon as the model was trained
         */
        public Norm(Tensor weight, float epsilon) {
            this(weight, epsilon, false);
        }
    }

    /**
     * A linear map: {@code y = weight . x + bias}. Parts of a fused matrix are views of its rows ({@link Tensor#slice}).
     *
     * @param weight a row for each value of {@code y}
     * @param bias one row with a value for each value of {@code y}, F32, or null
     */
    public record Linear(Tensor weight, @Nullable Tensor bias) {

        /**
         * A map without bias.
         *
         * @param weight a row for each value of {@code y}
         */
        public Linear(Tensor weight) {
            this(weight, null);
        }
    }

    /** Moves information between positions. */
    public sealed interface Mixer {
    }

    /**
     * Grouped-query attention (Ainslie et al., 2023): query head {@code i} uses key-value head
     * {@code i / (heads / kvHeads)}.
     *
     * <p>
     * Score of a key: {@code s = scale * q . k}; with a softcap {@code s = softcap * tanh(s / softcap)}. The weights are the
     * softmax over the keys in the span; a sink takes part in the sum below the line and has no value.
     *
     * @param heads query heads
     * @param kvHeads key and value heads; divides heads
     * @param headSize values per head
     * @param query heads * headSize rows
     * @param key kvHeads * headSize rows
     * @param value kvHeads * headSize rows
     * @param output hiddenSize rows
     * @param queryNorm before the position is applied, or null: over each head if its weight has headSize values, over all
     *            heads together if it has heads * headSize
     * @param keyNorm likewise, over kvHeads * headSize values if over all together
     * @param position how positions enter queries and keys
     * @param span which earlier tokens a token sees
     * @param scale of the scores, mostly {@code 1 / sqrt(headSize)}
     * @param softcap bound of the scores, or 0 for none
     * @param sinks one row with a score for each query head, F32, or null
     */
    public record Attention(int heads, int kvHeads, int headSize, Linear query, Linear key, Linear value,
            Linear output, @Nullable Norm queryNorm, @Nullable Norm keyNorm, Position position, Span span,
            float scale, float softcap, @Nullable Tensor sinks) implements Mixer {

        /**
         * Plain attention over everything, without biases and norms.
         *
         * @param heads query heads
         * @param kvHeads key and value heads; divides heads
         * @param headSize values per head
         * @param query heads * headSize rows
         * @param key kvHeads * headSize rows
         * @param value kvHeads * headSize rows
         * @param output hiddenSize rows
         * @param position how positions enter queries and keys
         * @return with a scale of {@code 1 / sqrt(headSize)}
         */
        public static Attention plain(int heads, int kvHeads, int headSize, Tensor query, Tensor key, Tensor value,
                Tensor output, Position position) {
            return new Attention(heads, kvHeads, headSize, new Linear(query), new Linear(key), new Linear(value),
                    new Linear(output), null, null, position, Span.ALL, (float) (1 / Math.sqrt(headSize)), 0, null);
        }

        /**
         * With norms over queries and keys.
         *
         * @param forQueries see {@link #queryNorm}
         * @param forKeys see {@link #keyNorm}
         * @return a changed copy
         */
        public Attention withNorms(@Nullable Norm forQueries, @Nullable Norm forKeys) {
            return new Attention(heads, kvHeads, headSize, query, key, value, output, forQueries, forKeys, position,
                    span, scale, softcap, sinks);
        }

        /**
         * With biases.
         *
         * @param forQuery heads * headSize values, or null
         * @param forKey kvHeads * headSize values, or null
         * @param forValue kvHeads * headSize values, or null
         * @param forOutput hiddenSize values, or null
         * @return a changed copy
         */
        public Attention withBiases(@Nullable Tensor forQuery, @Nullable Tensor forKey, @Nullable Tensor forValue,
                @Nullable Tensor forOutput) {
            return new Attention(heads, kvHeads, headSize, new Linear(query.weight, forQuery),
                    new Linear(key.weight, forKey), new Linear(value.weight, forValue),
                    new Linear(output.weight, forOutput), queryNorm, keyNorm, position, span, scale, softcap, sinks);
        }

        /**
         * With another span.
         *
         * @param seen which earlier tokens a token sees
         * @return a changed copy
         */
        public Attention withSpan(Span seen) {
            return new Attention(heads, kvHeads, headSize, query, key, value, output, queryNorm, keyNorm, position,
                    seen, scale, softcap, sinks);
        }

        /**
         * With other scores.
         *
         * @param factor see {@link #scale}
         * @param bound see {@link #softcap}
         * @param scores see {@link #sinks}
         * @return a changed copy
         */
        public Attention withScores(float factor, float bound, @Nullable Tensor scores) {
            return new Attention(heads, kvHeads, headSize, query, key, value, output, queryNorm, keyNorm, position,
                    span, factor, bound, scores);
        }
    }

    /**
     * Which tokens an attention layer sees from a token: itself and those before it, as far as the window reaches.
     *
     * @param window tokens seen, the token itself included, or 0 for all
     */
    public record Span(int window) {

        /** All tokens. */
        public static final Span ALL = new Span(0);
    }

    /**
     * Gated short convolution (LFM2): {@code (b, c, x) = split(in . n)}, each as wide as the stream;
     * {@code u = b * x}; {@code y_t = c_t * sum over j of kernel[channel][j] * u[t - (width - 1) + j]}; output {@code out . y}.
     * Its state is the last {@code width - 1} columns of {@code u}.
     *
     * @param width taps of the kernel; the last meets the current token
     * @param in 3 * hiddenSize rows: b, c, x
     * @param kernel hiddenSize rows (channels) of width columns
     * @param out hiddenSize rows
     */
    public record ShortConv(int width, Tensor in, Tensor kernel, Tensor out) implements Mixer {
    }

    /** Works on each position by itself. */
    public sealed interface FeedForward {
    }

    /**
     * Gated feed-forward (Shazeer, 2020): {@code down . activation(gate . m, up . m)}.
     *
     * @param gate inner rows
     * @param up inner rows
     * @param down hiddenSize rows of inner columns
     * @param activation makes one value of a gate and an up value
     */
    public record Dense(Linear gate, Linear up, Linear down, Activation activation) implements FeedForward {

        /**
         * SwiGLU without biases.
         *
         * @param gate inner rows
         * @param up inner rows
         * @param down hiddenSize rows of inner columns
         */
        public Dense(Tensor gate, Tensor up, Tensor down) {
            this(new Linear(gate), new Linear(up), new Linear(down), Activation.SILU);
        }
    }

    /**
     * Mixture of experts: router outputs are {@code r = router . m}; scores come from them by the gating; the {@code used}
     * experts with the largest {@code score + bias} are picked, the lower number first where two are equal; their scores
     * (without the bias), as the gating says made to sum to one, times {@code scale}, weigh their outputs. The output of the
     * shared expert is added.
     *
     * @param router a row per expert, F32
     * @param bias one row with a value per expert, F32, or null; takes part in picking only
     * @param gating how router outputs become scores
     * @param used experts at work per token, 1 to their number
     * @param normalise whether the scores of those picked are made to sum to one
     * @param scale multiplies the weights
     * @param experts all of the same shape and activation
     * @param shared works on every token, or null
     */
    public record Experts(Linear router, @Nullable Tensor bias, Gating gating, int used, boolean normalise,
            float scale, List<Dense> experts, @Nullable Shared shared) implements FeedForward {

        /** Copies the list. */
        public Experts {
            experts = List.copyOf(experts);
        }
    }

    /**
     * An expert that works on every token.
     *
     * @param expert may have another width than the others
     * @param gate one row: the expert's output is multiplied by {@code sigmoid(gate . m)}; or null
     */
    public record Shared(Dense expert, @Nullable Tensor gate) {
    }

    /** How a router's outputs become scores. */
    public enum Gating {
        /** Each by itself; normalising divides by the sum of those picked plus 1e-6. */
        SIGMOID,
        /** Softmax over all experts; normalising divides by the sum of those picked. */
        SOFTMAX,
        /** Softmax over those picked, which are picked by the router's outputs themselves. */
        SOFTMAX_OF_PICKED
    }

    /** Walks a blueprint and lists its tensors. */
    private static final class TensorList {

        private final boolean vectors;
        private final Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        private final List<Tensor> tensors = new ArrayList<>();

        TensorList(boolean vectors) {
            this.vectors = vectors;
        }

        List<Tensor> of(Blueprint blueprint) {
            matrix(blueprint.embedding);
            for (Layer layer : blueprint.layers) {
                norms(layer.mixerNorms);
                switch (layer.mixer) {
                    case Attention a -> {
                        linear(a.query, a.key, a.value);
                        norm(a.queryNorm);
                        norm(a.keyNorm);
                        vector(a.sinks);
                        linear(a.output);
                    }
                    case ShortConv c -> {
                        matrix(c.in);
                        vector(c.kernel);
                        matrix(c.out);
                    }
                }
                norms(layer.feedForwardNorms);
                switch (layer.feedForward) {
                    case Dense d -> dense(d);
                    case Experts e -> {
                        linear(e.router);
                        vector(e.bias);
                        e.experts.forEach(this::dense);
                        if (e.shared != null) {
                            dense(e.shared.expert);
                            if (e.shared.gate != null) {
                                matrix(e.shared.gate);
                            }
                        }
                    }
                }
            }
            norm(blueprint.outputNorm);
            matrix(blueprint.head);
            return List.copyOf(tensors);
        }

        private void dense(Dense d) {
            linear(d.gate, d.up, d.down);
        }

        private void linear(Linear... maps) {
            for (Linear map : maps) {
                matrix(map.weight);
                vector(map.bias);
            }
        }

        private void norms(Norms norms) {
            norm(norms.before);
            norm(norms.after);
        }

        private void norm(@Nullable Norm norm) {
            vector(norm == null ? null : norm.weight);
        }

        private void vector(@Nullable Tensor tensor) {
            if (vectors && tensor != null) {
                matrix(tensor);
            }
        }

        private void matrix(Tensor tensor) {
            if (seen.add(tensor)) {
                tensors.add(tensor);
            }
        }
    }

    /** Walks a blueprint and lists what it asks for. */
    private static final class FeatureList {

        private final Set<Feature> features = EnumSet.noneOf(Feature.class);

        Set<Feature> of(Blueprint blueprint) {
            need(blueprint.multipliers.embedding != 1, Feature.EMBEDDING_MULTIPLIER);
            need(blueprint.multipliers.residual != 1, Feature.RESIDUAL_MULTIPLIER);
            need(blueprint.multipliers.logits != 1, Feature.LOGITS_MULTIPLIER);
            need(blueprint.softcap != 0, Feature.LOGITS_SOFTCAP);
            norm(blueprint.outputNorm);
            for (Layer layer : blueprint.layers) {
                norms(layer.mixerNorms);
                norms(layer.feedForwardNorms);
                switch (layer.mixer) {
                    case Attention a -> attention(a);
                    case ShortConv c -> need(true, Feature.SHORT_CONVOLUTION);
                }
                switch (layer.feedForward) {
                    case Dense d -> dense(d);
                    case Experts e -> experts(e);
                }
            }
            return Collections.unmodifiableSet(features);
        }

        private void need(boolean asked, Feature feature) {
            if (asked) {
                features.add(feature);
            }
        }

        private void norms(Norms norms) {
            need(norms.before == null, Feature.NO_NORM_BEFORE);
            need(norms.after != null, Feature.NORM_AFTER);
            norm(norms.before);
            norm(norms.after);
        }

        private void norm(@Nullable Norm norm) {
            need(norm != null && norm.onePlus, Feature.NORM_ONE_PLUS);
        }

        private void attention(Attention a) {
            need(true, Feature.ATTENTION);
            for (Norm norm : Arrays.asList(a.queryNorm, a.keyNorm)) {
                if (norm != null) {
                    need(true, norm.weight.columns() == a.headSize ? Feature.HEAD_NORM : Feature.PROJECTION_NORM);
                    norm(norm);
                }
            }
            need((a.queryNorm == null) != (a.keyNorm == null), Feature.ONE_HEAD_NORM);
            switch (a.position) {
                case Position.None none -> need(true, Feature.NO_POSITION);
                case Position.Rope rope -> {
                    need(rope.dimensions() != a.headSize, Feature.ROPE_PARTIAL);
                    need(rope.order() == Position.Order.INTERLEAVED, Feature.ROPE_INTERLEAVED);
                    need(!(rope.scaling() instanceof Position.Scaling.None), Feature.ROPE_SCALING);
                    need(rope.scaling() instanceof Position.Scaling.LongRope, Feature.ROPE_BY_LENGTH);
                }
            }
            need(a.span.window != 0, Feature.WINDOW);
            need(a.scale != (float) (1 / Math.sqrt(a.headSize)), Feature.ATTENTION_SCALE);
            need(a.softcap != 0, Feature.ATTENTION_SOFTCAP);
            need(a.sinks != null, Feature.ATTENTION_SINKS);
            for (Linear map : List.of(a.query, a.key, a.value, a.output)) {
                need(map.bias != null, Feature.ATTENTION_BIAS);
            }
        }

        private void experts(Experts e) {
            need(true, switch (e.gating) {
                case SIGMOID -> Feature.ROUTER_SIGMOID;
                case SOFTMAX -> Feature.ROUTER_SOFTMAX;
                case SOFTMAX_OF_PICKED -> Feature.ROUTER_SOFTMAX_OF_PICKED;
            });
            need(e.router.bias != null, Feature.ROUTER_BIAS);
            e.experts.forEach(this::dense);
            if (e.shared != null) {
                need(true, Feature.SHARED_EXPERT);
                need(e.shared.gate != null, Feature.SHARED_EXPERT_GATE);
                dense(e.shared.expert);
            }
        }

        private void dense(Dense d) {
            need(true, switch (d.activation) {
                case Activation.Silu silu -> Feature.SWIGLU;
                case Activation.Gelu gelu -> Feature.GEGLU;
                case Activation.ClampedSwiglu clamped -> Feature.CLAMPED_SWIGLU;
            });
            for (Linear map : List.of(d.gate, d.up, d.down)) {
                need(map.bias != null, Feature.FEED_FORWARD_BIAS);
            }
        }
    }
}
