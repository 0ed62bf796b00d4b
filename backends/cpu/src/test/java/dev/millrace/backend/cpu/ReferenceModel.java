/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A blueprint's definition, computed in double, token by token, with nothing shared or saved. */
final class ReferenceModel {

    private final Blueprint blueprint;

    ReferenceModel(Blueprint blueprint) {
        this.blueprint = blueprint;
    }

    /** Logits after each token. */
    double[][] logits(int[] tokens) {
        double[][] h = new double[tokens.length][];
        for (int t = 0; t < tokens.length; t++) {
            h[t] = row(blueprint.embedding(), tokens[t]);
        }
        for (Blueprint.Layer layer : blueprint.layers()) {
            double[][] n = norm(h, layer.mixerNorm());
            add(h, switch (layer.mixer()) {
                case Blueprint.Attention a -> attention(a, n);
                case Blueprint.ShortConv c -> conv(c, n);
            });
            double[][] m = norm(h, layer.feedForwardNorm());
            for (int t = 0; t < h.length; t++) {
                double[] out = switch (layer.feedForward()) {
                    case Blueprint.Dense d -> dense(d, m[t]);
                    case Blueprint.Experts e -> experts(e, m[t]);
                };
                add(h[t], out, 1);
            }
        }
        return multiply(blueprint.head(), norm(h, blueprint.outputNorm()));
    }

    private double[][] attention(Blueprint.Attention a, double[][] n) {
        double[][] q = multiply(a.query(), n);
        double[][] k = multiply(a.key(), n);
        double[][] v = multiply(a.value(), n);
        double[][] mixed = new double[n.length][a.heads() * a.headSize()];
        for (int t = 0; t < n.length; t++) {
            turn(q[t], a.heads(), a, a.queryNorm(), t);
            turn(k[t], a.kvHeads(), a, a.keyNorm(), t);
            for (int head = 0; head < a.heads(); head++) {
                int query = head * a.headSize();
                int key = head / (a.heads() / a.kvHeads()) * a.headSize();
                double[] weights = new double[t + 1];
                double sum = 0;
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < a.headSize(); i++) {
                        weights[s] += q[t][query + i] * k[s][key + i];
                    }
                    weights[s] = Math.exp(weights[s] / Math.sqrt(a.headSize()));
                    sum += weights[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < a.headSize(); i++) {
                        mixed[t][query + i] += weights[s] / sum * v[s][key + i];
                    }
                }
            }
        }
        return multiply(a.output(), mixed);
    }

    private static void turn(double[] x, int heads, Blueprint.Attention a, Blueprint.Norm norm, int position) {
        int half = a.headSize() / 2;
        for (int head = 0; head < heads; head++) {
            double[] part = new double[a.headSize()];
            System.arraycopy(x, head * a.headSize(), part, 0, part.length);
            part = norm(part, norm);
            for (int j = 0; j < half; j++) {
                double angle = position * Math.pow(a.rope().theta(), -2.0 * j / a.headSize());
                x[head * a.headSize() + j] = part[j] * Math.cos(angle) - part[j + half] * Math.sin(angle);
                x[head * a.headSize() + j + half] = part[j + half] * Math.cos(angle) + part[j] * Math.sin(angle);
            }
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
        double[] gate = multiply(d.gate(), m);
        double[] up = multiply(d.up(), m);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        }
        return multiply(d.down(), gate);
    }

    private static double[] experts(Blueprint.Experts e, double[] m) {
        double[] scores = multiply(e.router(), m);
        double[] bias = row(e.bias(), 0);
        double total = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = e.gating() == Blueprint.Gating.SIGMOID ? 1 / (1 + Math.exp(-scores[i])) : Math.exp(scores[i]);
            total += scores[i];
        }
        if (e.gating() == Blueprint.Gating.SOFTMAX) {
            for (int i = 0; i < scores.length; i++) {
                scores[i] /= total;
            }
        }
        List<Integer> picked = IntStream.range(0, scores.length).boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> scores[i] + bias[i]).reversed()).limit(e.used())
                .toList();
        double sum = picked.stream().mapToDouble(i -> scores[i]).sum();
        double[] out = new double[m.length];
        for (int i : picked) {
            add(out, dense(e.experts().get(i), m), e.scale() * scores[i] / (e.normalise() ? sum + 1e-6 : 1));
        }
        return out;
    }

    private static double[][] norm(double[][] x, Blueprint.Norm norm) {
        double[][] y = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            y[t] = norm(x[t], norm);
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
            y[i] = x[i] * weight[i] / Math.sqrt(squares / x.length + norm.epsilon());
        }
        return y;
    }

    private static double[][] multiply(Tensor w, double[][] x) {
        double[][] y = new double[x.length][(int) w.rows()];
        float[] values = ((MemoryTensor) w).values();
        for (int t = 0; t < x.length; t++) {
            for (int r = 0; r < w.rows(); r++) {
                for (int c = 0; c < w.columns(); c++) {
                    y[t][r] += (double) values[r * (int) w.columns() + c] * x[t][c];
                }
            }
        }
        return y;
    }

    private static double[] multiply(Tensor w, double[] x) {
        return multiply(w, new double[][]{x})[0];
    }

    private static double[] row(Tensor w, int index) {
        float[] values = new float[(int) w.columns()];
        ((MemoryTensor) w).read(index, 1, values, 0);
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static void add(double[][] to, double[][] what) {
        for (int t = 0; t < to.length; t++) {
            add(to[t], what[t], 1);
        }
    }

    private static void add(double[] to, double[] what, double factor) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * what[i];
        }
    }
}
