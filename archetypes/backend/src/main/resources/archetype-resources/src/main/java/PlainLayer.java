package ${package};

import dev.millrace.api.BackendException;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;

/** One layer: attention over everything, and a dense network behind it. */
final class PlainLayer {

    private final int heads;
    private final int groups;
    private final int headSize;
    private final float scale;
    private final double[] frequencies;
    private final double magnitude;
    private final boolean interleaved;
    private final float[] mixerNorm;
    private final float mixerEpsilon;
    private final float[] query;
    private final float[] key;
    private final float[] value;
    private final float[] output;
    private final float[] innerNorm;
    private final float innerEpsilon;
    private final float[] gate;
    private final float[] up;
    private final float[] down;
    private final float[] normed;
    private final float[] queries;
    private final float[] mixed;
    private final float[] own;
    private final float[] scores;
    private final float[] gated;
    private final float[] raised;

    PlainLayer(Blueprint.Layer layer, int hidden, int context) {
        Attention attention = (Attention) layer.mixer();
        Dense dense = (Dense) layer.feedForward();
        heads = attention.heads();
        groups = attention.heads() / attention.kvHeads();
        headSize = attention.headSize();
        scale = attention.scale();
        Position.Rope rope = (Position.Rope) attention.position();
        // a rope that depends on the length of the sequence is refused
        frequencies = rope.frequencies(0);
        magnitude = rope.magnitude(0);
        interleaved = rope.order() == Position.Order.INTERLEAVED;
        mixerNorm = values(layer.mixerNorms().before().weight());
        mixerEpsilon = layer.mixerNorms().before().epsilon();
        query = values(attention.query().weight());
        key = values(attention.key().weight());
        value = values(attention.value().weight());
        output = values(attention.output().weight());
        innerNorm = values(layer.feedForwardNorms().before().weight());
        innerEpsilon = layer.feedForwardNorms().before().epsilon();
        gate = values(dense.gate().weight());
        up = values(dense.up().weight());
        down = values(dense.down().weight());
        normed = new float[hidden];
        queries = new float[heads * headSize];
        mixed = new float[heads * headSize];
        own = new float[keyWidth()];
        scores = new float[context];
        gated = new float[gate.length / hidden];
        raised = new float[gate.length / hidden];
    }

    static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
        try {
            tensor.read(0, (int) tensor.rows(), values, 0);
        } catch (IOException e) {
            throw new BackendException("The tensor " + tensor.name() + " cannot be read: " + e.getMessage(), e);
        }
        return values;
    }

    /** Values of a key, and of a value, per token. */
    int keyWidth() {
        return heads / groups * headSize;
    }

    /** Adds to the stream what this layer computes for the token at a position. */
    void compute(float[] stream, float[] keys, float[] values, int position) {
        norm(stream, mixerNorm, mixerEpsilon, normed);
        multiply(query, normed, queries, false);
        turn(queries, position);
        multiply(key, normed, own, false);
        turn(own, position);
        System.arraycopy(own, 0, keys, position * own.length, own.length);
        multiply(value, normed, own, false);
        System.arraycopy(own, 0, values, position * own.length, own.length);
        for (int head = 0; head < heads; head++) {
            attend(head, keys, values, position + 1);
        }
        multiply(output, mixed, stream, true);

        norm(stream, innerNorm, innerEpsilon, normed);
        multiply(gate, normed, gated, false);
        multiply(up, normed, raised, false);
        for (int i = 0; i < gated.length; i++) {
            gated[i] = (float) (gated[i] / (1 + Math.exp(-gated[i]))) * raised[i];
        }
        multiply(down, gated, stream, true);
    }

    private void attend(int head, float[] keys, float[] values, int tokens) {
        int at = head * headSize;
        int from = head / groups * headSize;
        float most = Float.NEGATIVE_INFINITY;
        for (int t = 0; t < tokens; t++) {
            float dot = 0;
            for (int i = 0; i < headSize; i++) {
                dot += queries[at + i] * keys[t * own.length + from + i];
            }
            scores[t] = dot * scale;
            most = Math.max(most, scores[t]);
        }
        float sum = 0;
        for (int t = 0; t < tokens; t++) {
            scores[t] = (float) Math.exp(scores[t] - most);
            sum += scores[t];
        }
        for (int i = 0; i < headSize; i++) {
            float total = 0;
            for (int t = 0; t < tokens; t++) {
                total += scores[t] * values[t * own.length + from + i];
            }
            mixed[at + i] = total / sum;
        }
    }

    /** Rotary position embedding: turns the values of each pair. */
    private void turn(float[] all, int position) {
        int pairs = frequencies.length;
        for (int at = 0; at < all.length; at += headSize) {
            for (int j = 0; j < pairs; j++) {
                int first = interleaved ? at + 2 * j : at + j;
                int second = interleaved ? first + 1 : first + pairs;
                float cosine = (float) (Math.cos(position * frequencies[j]) * magnitude);
                float sine = (float) (Math.sin(position * frequencies[j]) * magnitude);
                float x = all[first];
                float y = all[second];
                all[first] = x * cosine - y * sine;
                all[second] = y * cosine + x * sine;
            }
        }
    }

    /** Root mean square norm; may be in place. */
    static void norm(float[] from, float[] weight, float epsilon, float[] to) {
        float squares = 0;
        for (float each : from) {
            squares += each * each;
        }
        float factor = (float) (1 / Math.sqrt(squares / from.length + epsilon));
        for (int i = 0; i < from.length; i++) {
            to[i] = from[i] * factor * weight[i];
        }
    }

    private static void multiply(float[] matrix, float[] x, float[] y, boolean add) {
        for (int row = 0; row < y.length; row++) {
            float sum = add ? y[row] : 0;
            for (int column = 0; column < x.length; column++) {
                sum += matrix[row * x.length + column] * x[column];
            }
            y[row] = sum;
        }
    }
}
