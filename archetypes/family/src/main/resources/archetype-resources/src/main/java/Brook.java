package ${package};

import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** A plain dense family with names of its own for keys and tensors. */
@Component
public final class Brook implements Architecture {

    @Override
    public Set<String> names() {
        return Set.of("brook");
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        int hidden = keys.integer(1, 1 << 16, "hidden_size", "embedding_length");
        int layers = keys.integer(1, 1 << 10, "num_hidden_layers", "block_count");
        int heads = keys.integer(1, 1 << 10, "num_attention_heads", "attention.head_count");
        if (hidden % (2 * heads) != 0) {
            throw keys.wrong("num_attention_heads", "is " + heads + ", expected heads of an even size in " + hidden);
        }
        int inner = keys.integer(1, 1 << 20, "intermediate_size", "feed_forward_length");
        int context = keys.integer(1, 1 << 24, "max_position_embeddings", "context_length");
        float epsilon = keys.positive("rms_norm_eps", "attention.layer_norm_rms_epsilon");
        // what this family does not compute is refused by its name
        keys.refuse("silu", "hidden_act");
        Tensor embedding = weights.take("embed", weights.rows("embed"), hidden);
        List<Blueprint.Layer> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            String layer = "layers." + i + ".";
            Blueprint.Attention attention = Blueprint.Attention.plain(heads, heads, hidden / heads,
                    weights.take(layer + "q", hidden, hidden), weights.take(layer + "k", hidden, hidden),
                    weights.take(layer + "v", hidden, hidden), weights.take(layer + "o", hidden, hidden),
                    new Position.Rope(hidden / heads, keys.positiveOr(10_000, "rope_theta", "rope.freq_base")));
            Blueprint.Dense dense = new Blueprint.Dense(weights.take(layer + "gate", inner, hidden),
                    weights.take(layer + "up", inner, hidden), weights.take(layer + "down", hidden, inner));
            all.add(new Blueprint.Layer(new Blueprint.Norm(weights.takeFloats(layer + "norm1", hidden), epsilon),
                    attention, new Blueprint.Norm(weights.takeFloats(layer + "norm2", hidden), epsilon), dense));
        }
        return new Blueprint("brook", (int) embedding.rows(), hidden, context, embedding, all,
                new Blueprint.Norm(weights.takeFloats("norm", hidden), epsilon), embedding);
    }
}
