/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A blueprint's definition, computed in double, token by token, with nothing shared or saved. */
final class ReferenceModel {

    private final Blueprint blueprint;

    ReferenceModel(Blueprint blueprint) {
        this.blueprint = blueprint;
    }

    /** Logits after each token. */
    double[][] logits(int[] tokens) {
        Blueprint.Multipliers factors = blueprint.multipliers();
        double[][] h = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            h[t] = row(blueprint.embedding(), tokens[t]);
            scale(h[t], factors.embedding());
        }
        for (Blueprint.Layer layer : blueprint.layers()) {
            double[][] n = norm(h, layer.mixerNorms().before());
            double[][] mixed = switch (layer.mixer()) {
                case Blueprint.Attention a -> attention(a, n);
                case Blueprint.ShortConv c -> conv(c, n);
            };
            add(h, norm(mixed, layer.mixerNorms().after()), factors.residual());
            double[][] m = norm(h, layer.feedForwardNorms().before());
            double[][] out = new double[h.length][];
            for (int t = 0; t < h.length; t++) {
                out[t] = switch (layer.feedForward()) {
                    case Blueprint.Dense d -> dense(d, m[t]);
                    case Blueprint.Experts e -> experts(e, m[t]);
                };
            }
            add(h, norm(out, layer.feedForwardNorms().after()), factors.residual());
        }
        double[][] logits = multiply(blueprint.head(), norm(h, blueprint.outputNorm()));
        for (double[] row : logits) {
            for (int i = 0; i < row.length; i++) {
                row[i] = cap(row[i] * factors.logits(), blueprint.softcap());
            }
        }
        return logits;
    }

    private static double cap(double x, float bound) {
        return bound == 0 ? x : bound * Math.tanh(x / bound);
    }

    private double[][] attention(Blueprint.Attention a, double[][] n) {
        double[][] q = linear(a.query(), n);
        double[][] k = linear(a.key(), n);
        double[][] v = linear(a.value(), n);
        double[][] mixed = new double[n.length][a.heads() * a.headSize()];
        double[] sinks = a.sinks() == null ? null : row(a.sinks(), 0);
        for (int t = 0; t < n.length; t++) {
            turn(q[t], a.heads(), a, a.queryNorm(), t, n.length);
            turn(k[t], a.kvHeads(), a, a.keyNorm(), t, n.length);
            int oldest = a.span().window() == 0 ? 0 : Math.max(0, t + 1 - a.span().window());
            for (int head = 0; head < a.heads(); head++) {
                int query = head * a.headSize();
                int key = head / (a.heads() / a.kvHeads()) * a.headSize();
                double[] weights = new double[t + 1];
                double sum = sinks == null ? 0 : Math.exp(sinks[head]);
                for (int s = oldest; s <= t; s++) {
                    for (int i = 0; i < a.headSize(); i++) {
                        weights[s] += q[t][query + i] * k[s][key + i];
                    }
                    weights[s] = Math.exp(cap(weights[s] * a.scale(), a.softcap()));
                    sum += weights[s];
                }
                for (int s = oldest; s <= t; s++) {
                    for (int i = 0; i < a.headSize(); i++) {
                        mixed[t][query + i] += weights[s] / sum * v[s][key + i];
                    }
                }
            }
        }
        return linear(a.output(), mixed);
    }

    private static void turn(double[] x, int heads, Blueprint.Attention a, Blueprint.@Nullable Norm norm, int position,
            int length) {
        int size = a.headSize();
        if (norm != null && norm.weight().columns() != size) {
            System.arraycopy(norm(x, norm), 0, x, 0, x.length);
        }
        for (int head = 0; head < heads; head++) {
            double[] part = Arrays.copyOfRange(x, head * size, head * size + size);
            if (norm != null && norm.weight().columns() == size) {
                part = norm(part, norm);
            }
            if (a.position() instanceof Position.Rope rope) {
                turn(part, rope, position, length);
            }
            System.arraycopy(part, 0, x, head * size, size);
        }
    }

    private static void turn(double[] part, Position.Rope rope, int position, int length) {
        double[] frequencies = rope.frequencies(length);
        boolean halves = rope.order() == Position.Order.HALVES;
        for (int j = 0; j < rope.dimensions() / 2; j++) {
            int first = halves ? j : 2 * j;
            int second = halves ? j + rope.dimensions() / 2 : 2 * j + 1;
            double cos = Math.cos(position * frequencies[j]) * rope.magnitude(length);
            double sin = Math.sin(position * frequencies[j]) * rope.magnitude(length);
            double x = part[first];
            double y = part[second];
            part[first] = x * cos - y * sin;
            part[second] = y * cos + x * sin;
        }
    }

    private double[][] conv(Blueprint.ShortConv c, double[][] n) {
        int width = blueprint.hiddenSize();
        double[][] bcx = multiply(c.in(), n);
        double[][] mixed = new double[n.length][width];
        for (int channel = 0; channel < width; channel++) {
            double[] kernel = row(c.kernel(), channel);
            for (int t = 0; t < n.length; t++) {
                for (int j = 0; j < c.width(); j++) {
                    int s = t - (c.width() - 1) + j;
                    if (s >= 0) {
                        mixed[t][channel] += kernel[j] * bcx[s][channel] * bcx[s][2 * width + channel];
                    }
                }
                mixed[t][channel] *= bcx[t][width + channel];
            }
        }
        return multiply(c.out(), mixed);
    }

    private static double[] dense(Blueprint.Dense d, double[] m) {
        double[] gate = linear(d.gate(), m);
        double[] up = linear(d.up(), m);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = activate(d.activation(), gate[i], up[i]);
        }
        return linear(d.down(), gate);
    }

    private static double activate(Activation activation, double g, double u) {
        return switch (activation) {
            case Activation.Silu silu -> g / (1 + Math.exp(-g)) * u;
            case Activation.Gelu gelu ->
                g / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g))) * u;
            case Activation.ClampedSwiglu c -> {
                double gate = Math.min(g, c.limit());
                yield gate / (1 + Math.exp(-c.alpha() * gate)) * (Math.clamp(u, -c.limit(), c.limit()) + 1);
            }
        };
    }

    private static double[] experts(Blueprint.Experts e, double[] m) {
        double[] scores = linear(e.router(), m);
        double[] bias = e.bias() == null ? new double[scores.length] : row(e.bias(), 0);
        boolean sigmoid = e.gating() == Blueprint.Gating.SIGMOID;
        if (sigmoid) {
            Arrays.setAll(scores, i -> 1 / (1 + Math.exp(-scores[i])));
        } else if (e.gating() == Blueprint.Gating.SOFTMAX) {
            double total = Arrays.stream(scores).map(Math::exp).sum();
            Arrays.setAll(scores, i -> Math.exp(scores[i]) / total);
        }
        List<Integer> picked = IntStream.range(0, scores.length).boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> scores[i] + bias[i]).reversed()).limit(e.used())
                .toList();
        if (e.gating() == Blueprint.Gating.SOFTMAX_OF_PICKED) {
            double total = picked.stream().mapToDouble(i -> Math.exp(scores[i])).sum();
            picked.forEach(i -> scores[i] = Math.exp(scores[i]) / total);
        }
        double sum = picked.stream().mapToDouble(i -> scores[i]).sum() + (sigmoid ? 1e-6 : 0);
        double[] out = new double[m.length];
        for (int i : picked) {
            add(out, dense(e.experts().get(i), m), e.scale() * scores[i] / (e.normalise() ? sum : 1));
        }
        if (e.shared() != null) {
            Tensor gate = e.shared().gate();
            add(out, dense(e.shared().expert(), m),
                    gate == null ? 1 : 1 / (1 + Math.exp(-multiply(gate, new double[][]{m})[0][0])));
        }
        return out;
    }

    private static double[][] norm(double[][] x, Blueprint.@Nullable Norm norm) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = norm == null ? x[t].clone() : norm(x[t], norm);
        }
        return y;
    }

    private static double[] norm(double[] x, Blueprint.Norm norm) {
        double squares = 0;
        for (double value : x) {
            squares += value * value;
        }
        double[] weight = row(norm.weight(), 0);
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] * (weight[i] + (norm.onePlus() ? 1 : 0)) / Math.sqrt(squares / x.length + norm.epsilon());
        }
        return y;
    }

    private static double[][] linear(Blueprint.Linear map, double[][] x) {
        double[][] y = multiply(map.weight(), x);
        if (map.bias() != null) {
            double[] bias = row(map.bias(), 0);
            for (double[] row : y) {
                add(row, bias, 1);
            }
        }
        return y;
    }

    private static double[] linear(Blueprint.Linear map, double[] x) {
        return linear(map, new double[][]{x})[0];
    }

    private static double[][] multiply(Tensor w, double[][] x) {
        double[][] y = new double[x.length][(int) w.rows()];
        float[] values = ((MemoryTensor) w).values();
        for (int t = 0; t < x.length; t++) {
            for (int r = 0; r < w.rows(); r++) {
                double sum = 0;
                for (int c = 0; c < w.columns(); c++) {
                    sum += (double) values[r * (int) w.columns() + c] * x[t][c];
                }
                y[t][r] = sum;
            }
        }
        return y;
    }

    private static double[] row(Tensor w, int index) {
        float[] values = new float[(int) w.columns()];
        ((MemoryTensor) w).read(index, 1, values, 0);
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static void scale(double[] x, double factor) {
        for (int i = 0; i < x.length; i++) {
            x[i] *= factor;
        }
    }

    private static void add(double[][] to, double[][] what, double factor) {
        for (int t = 0; t < to.length; t++) {
            add(to[t], what[t], factor);
        }
    }

    private static void add(double[] to, double[] what, double factor) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * what[i];
        }
    }
}
