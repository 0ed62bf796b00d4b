/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Blueprint.Norm;
import dev.millrace.spi.model.Blueprint.ShortConv;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Computes a blueprint as its documentation says it, one formula after the other, in double precision, without caches and without
 * any thought of speed: what a backend is compared with. For small models, as all weights are decoded to double.
 */
public final class ReferenceExecutor {

    private static final double SIGMOID_EPSILON = 1e-6;

    private final Blueprint model;
    private final IdentityHashMap<Tensor, double[][]> decoded = new IdentityHashMap<>();

    /**
     * For a model.
     *
     * @param model stays open
     */
    public ReferenceExecutor(Blueprint model) {
        this.model = model;
    }

    /**
     * Computes the logits after each token.
     *
     * @param tokens a whole sequence
     * @return a row per token
     */
    public float[][] logits(int... tokens) {
        double[][] stream = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            stream[t] = scaled(weights(model.embedding())[tokens[t]], model.multipliers().embedding());
        }
        for (Layer layer : model.layers()) {
            double[][] mixed = switch (layer.mixer()) {
                case Attention a -> attention(a, normed(layer.mixerNorms().before(), stream));
                case ShortConv c -> convolution(c, normed(layer.mixerNorms().before(), stream));
            };
            add(stream, normed(layer.mixerNorms().after(), mixed));
            double[][] input = normed(layer.feedForwardNorms().before(), stream);
            double[][] output = new double[tokens.length][];
            for (int t = 0; t < tokens.length; t++) {
                output[t] = switch (layer.feedForward()) {
                    case Dense d -> dense(d, input[t]);
                    case Experts e -> experts(e, input[t]);
                };
            }
            add(stream, normed(layer.feedForwardNorms().after(), output));
        }
        float[][] logits = new float[tokens.length][model.vocabularySize()];
        for (int t = 0; t < tokens.length; t++) {
            double[] row = product(weights(model.head()), norm(model.outputNorm(), stream[t]));
            for (int v = 0; v < row.length; v++) {
                logits[t][v] = (float) capped(row[v] * model.multipliers().logits(), model.softcap());
            }
        }
        return logits;
    }

    private void add(double[][] stream, double[][] part) {
        for (int t = 0; t < stream.length; t++) {
            for (int i = 0; i < stream[t].length; i++) {
                stream[t][i] += model.multipliers().residual() * part[t][i];
            }
        }
    }

    private double[][] attention(Attention a, double[][] input) {
        int length = input.length;
        double[][] queries = new double[length][];
        double[][] keys = new double[length][];
        double[][] values = new double[length][];
        for (int t = 0; t < length; t++) {
            queries[t] = turned(a, headNormed(a.queryNorm(), a, linear(a.query(), input[t])), t, length);
            keys[t] = turned(a, headNormed(a.keyNorm(), a, linear(a.key(), input[t])), t, length);
            values[t] = linear(a.value(), input[t]);
        }
        double[][] output = new double[length][];
        for (int t = 0; t < length; t++) {
            double[] heads = new double[a.heads() * a.headSize()];
            for (int head = 0; head < a.heads(); head++) {
                head(a, head, queries[t], keys, values, t, heads);
            }
            output[t] = linear(a.output(), heads);
        }
        return output;
    }

    /** One query head of one token. */
    private void head(Attention a, int head, double[] query, double[][] keys, double[][] values, int t, double[] into) {
        int size = a.headSize();
        int at = head * size;
        int kvAt = head / (a.heads() / a.kvHeads()) * size;
        int first = a.span().window() == 0 ? 0 : Math.max(0, t - a.span().window() + 1);
        double[] scores = new double[t + 1 - first];
        double largest = a.sinks() == null ? Double.NEGATIVE_INFINITY : weights(a.sinks())[0][head];
        for (int s = 0; s < scores.length; s++) {
            double dot = 0;
            for (int i = 0; i < size; i++) {
                dot += query[at + i] * keys[first + s][kvAt + i];
            }
            scores[s] = capped(a.scale() * dot, a.softcap());
            largest = Math.max(largest, scores[s]);
        }
        double sum = a.sinks() == null ? 0 : Math.exp(weights(a.sinks())[0][head] - largest);
        for (int s = 0; s < scores.length; s++) {
            scores[s] = Math.exp(scores[s] - largest);
            sum += scores[s];
        }
        for (int s = 0; s < scores.length; s++) {
            for (int i = 0; i < size; i++) {
                into[at + i] += scores[s] / sum * values[first + s][kvAt + i];
            }
        }
    }

    /** A norm over each head by itself, or over all together, as the size of its weight says. */
    private double[] headNormed(@Nullable Norm norm, Attention a, double[] all) {
        if (norm == null || norm.weight().columns() != a.headSize()) {
            return norm == null ? all : norm(norm, all);
        }
        double[] normed = new double[all.length];
        for (int at = 0; at < all.length; at += a.headSize()) {
            double[] head = norm(norm, Arrays.copyOfRange(all, at, at + a.headSize()));
            System.arraycopy(head, 0, normed, at, head.length);
        }
        return normed;
    }

    private static double[] turned(Attention a, double[] all, int position, int length) {
        if (!(a.position() instanceof Position.Rope rope)) {
            return all;
        }
        double[] frequencies = rope.frequencies(length);
        double[] turned = all.clone();
        boolean halves = rope.order() == Position.Order.HALVES;
        for (int at = 0; at < all.length; at += a.headSize()) {
            for (int j = 0; j < frequencies.length; j++) {
                int x = at + (halves ? j : 2 * j);
                int y = at + (halves ? j + frequencies.length : 2 * j + 1);
                double cosine = Math.cos(position * frequencies[j]) * rope.magnitude(length);
                double sine = Math.sin(position * frequencies[j]) * rope.magnitude(length);
                turned[x] = all[x] * cosine - all[y] * sine;
                turned[y] = all[x] * sine + all[y] * cosine;
            }
        }
        return turned;
    }

    private double[][] convolution(ShortConv c, double[][] input) {
        int hidden = model.hiddenSize();
        double[][] kernel = weights(c.kernel());
        double[][] gated = new double[input.length][hidden];
        double[][] output = new double[input.length][];
        for (int t = 0; t < input.length; t++) {
            double[] split = product(weights(c.in()), input[t]);
            double[] y = new double[hidden];
            for (int i = 0; i < hidden; i++) {
                gated[t][i] = split[i] * split[2 * hidden + i];
                for (int j = 0; j < c.width(); j++) {
                    int from = t - (c.width() - 1) + j;
                    y[i] += from < 0 ? 0 : kernel[i][j] * gated[from][i];
                }
                y[i] *= split[hidden + i];
            }
            output[t] = product(weights(c.out()), y);
        }
        return output;
    }

    private double[] dense(Dense d, double[] input) {
        double[] gate = linear(d.gate(), input);
        double[] up = linear(d.up(), input);
        double[] inner = new double[gate.length];
        for (int i = 0; i < inner.length; i++) {
            inner[i] = activated(d.activation(), gate[i], up[i]);
        }
        return linear(d.down(), inner);
    }

    private static double activated(Activation activation, double gate, double up) {
        return switch (activation) {
            case Activation.Silu silu -> gate * sigmoid(gate) * up;
            case Activation.Gelu gelu -> gate / 2
                    * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate * gate * gate))) * up;
            case Activation.ClampedSwiglu c -> {
                double bounded = Math.min(gate, c.limit());
                yield bounded * sigmoid(c.alpha() * bounded) * (Math.clamp(up, -c.limit(), c.limit()) + 1);
            }
        };
    }

    private double[] experts(Experts e, double[] input) {
        double[] routed = linear(e.router(), input);
        double[] scores = switch (e.gating()) {
            case SIGMOID -> Arrays.stream(routed).map(ReferenceExecutor::sigmoid).toArray();
            case SOFTMAX -> softmax(routed);
            case SOFTMAX_OF_PICKED -> routed;
        };
        double[] ranks = scores.clone();
        if (e.bias() != null) {
            for (int x = 0; x < ranks.length; x++) {
                ranks[x] += weights(e.bias())[0][x];
            }
        }
        int[] picked = IntStream.range(0, ranks.length).boxed().sorted((x, y) -> Double.compare(ranks[y], ranks[x]))
                .limit(e.used()).mapToInt(Integer::intValue).toArray();
        double[] shares = Arrays.stream(picked).mapToDouble(x -> scores[x]).toArray();
        if (e.gating() == Blueprint.Gating.SOFTMAX_OF_PICKED) {
            shares = softmax(shares);
        } else if (e.normalise()) {
            double sum = Arrays.stream(shares).sum() + (e.gating() == Blueprint.Gating.SIGMOID ? SIGMOID_EPSILON : 0);
            shares = Arrays.stream(shares).map(share -> share / sum).toArray();
        }
        double[] output = new double[model.hiddenSize()];
        for (int k = 0; k < picked.length; k++) {
            accumulate(output, dense(e.experts().get(picked[k]), input), shares[k] * e.scale());
        }
        if (e.shared() != null) {
            Tensor gate = e.shared().gate();
            accumulate(output, dense(e.shared().expert(), input),
                    gate == null ? 1 : sigmoid(product(weights(gate), input)[0]));
        }
        return output;
    }

    private static void accumulate(double[] sum, double[] part, double factor) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * part[i];
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double[] softmax(double[] x) {
        double largest = Arrays.stream(x).max().orElse(0);
        double sum = Arrays.stream(x).map(v -> Math.exp(v - largest)).sum();
        return Arrays.stream(x).map(v -> Math.exp(v - largest) / sum).toArray();
    }

    private static double capped(double x, float softcap) {
        return softcap == 0 ? x : softcap * Math.tanh(x / softcap);
    }

    private static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(v -> v * factor).toArray();
    }

    private double[][] normed(@Nullable Norm norm, double[][] rows) {
        return norm == null ? rows : Arrays.stream(rows).map(row -> norm(norm, row)).toArray(double[][]::new);
    }

    private double[] norm(Norm norm, double[] x) {
        double[] weight = weights(norm.weight())[0];
        double squares = Arrays.stream(x).map(v -> v * v).sum() / x.length;
        double factor = 1 / Math.sqrt(squares + norm.epsilon());
        double[] normed = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            normed[i] = x[i] * factor * ((norm.onePlus() ? 1 : 0) + weight[i]);
        }
        return normed;
    }

    private double[] linear(Linear map, double[] x) {
        double[] y = product(weights(map.weight()), x);
        if (map.bias() != null) {
            accumulate(y, weights(map.bias())[0], 1);
        }
        return y;
    }

    private static double[] product(double[][] matrix, double[] x) {
        double[] y = new double[matrix.length];
        for (int r = 0; r < y.length; r++) {
            for (int c = 0; c < x.length; c++) {
                y[r] += matrix[r][c] * x[c];
            }
        }
        return y;
    }

    /** Rows of a tensor, decoded once. */
    private double[][] weights(Tensor tensor) {
        return decoded.computeIfAbsent(tensor, t -> {
            double[][] rows = new double[Math.toIntExact(t.rows())][Math.toIntExact(t.columns())];
            float[] row = new float[Math.toIntExact(t.columns())];
            for (int r = 0; r < rows.length; r++) {
                try {
                    t.read(r, 1, row, 0);
                } catch (IOException e) {
                    throw new UncheckedIOException(t.name() + " cannot be read: " + e.getMessage(), e);
                }
                for (int c = 0; c < row.length; c++) {
                    rows[r][c] = row[c];
                }
            }
            return rows;
        });
    }
}
