package ${package};

import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Keys;
import dev.millrace.tck.ArchitectureContract;
import java.util.List;
import java.util.Map;

/** What every family promises. */
class BrookContractTest extends ArchitectureContract {

    @Override
    protected Architecture architecture() {
        return new Brook();
    }

    @Override
    protected List<Sample> samples() {
        return List.of(new Sample(Keys.Form.HUGGING_FACE, "brook",
                Map.of("hidden_size", 32L, "num_hidden_layers", 2L, "num_attention_heads", 4L, "intermediate_size", 48L,
                        "max_position_embeddings", 128L, "rms_norm_eps", 1e-5, "hidden_act", "silu")));
    }

    @Override
    protected Map<String, Object> unknown(Keys.Form form) {
        // its rope is never scaled, and it has no key for that
        return Map.of("hidden_act", "tck-unknown");
    }
}
