/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.Keys.Form;
import dev.millrace.tck.ArchitectureContract;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of all model families, for each built-in one: small models of two layers in both forms. */
@ParameterizedClass
@MethodSource("names")
class ArchitectureContractTest extends ArchitectureContract {

    private static final List<Sample> SAMPLES = List.of(
            gguf("lfm2", "attention.head_count_kv", List.of(0L, 2L), "shortconv.l_cache", 3L),
            gguf("lfm2moe", name -> name.endsWith("exp_probs_b.bias"), "attention.head_count_kv", List.of(0L, 2L),
                    "shortconv.l_cache", 3L, "leading_dense_block_count", 1L, "expert_count", 4L, "expert_used_count",
                    2L, "expert_feed_forward_length", 24L, "expert_gating_func", 2L),
            config("lfm2", "layer_types", List.of("conv", "full_attention"), "conv_L_cache", 3L),
            config("lfm2_moe", "layer_types", List.of("conv", "full_attention"), "conv_L_cache", 3L,
                    "num_dense_layers", 1L, "num_experts", 4L, "num_experts_per_tok", 2L, "moe_intermediate_size",
                    24L),
            gguf("llama"), config("llama", "attention_bias", true, "mlp_bias", true),
            gguf("llama", name -> name.endsWith(".bias") || name.equals("rope_freqs.weight")
                    || name.equals("output.weight")),
            config("mistral", "sliding_window", 4L), gguf("smollm3"),
            config("smollm3", "no_rope_layers", List.of(1L, 0L)),
            gguf("qwen2", name -> name.endsWith(".bias")),
            config("qwen2", "use_sliding_window", true, "sliding_window", 4L, "max_window_layers", 1L), gguf("qwen3"),
            config("qwen3"),
            gguf("qwen3moe", name -> name.endsWith("ffn_gate_inp.weight"), "expert_count", 4L, "expert_used_count", 2L,
                    "expert_feed_forward_length", 24L),
            config("qwen3_moe", "num_experts", 4L, "num_experts_per_tok", 2L, "moe_intermediate_size", 24L),
            gguf("gemma2", "attention.sliding_window", 4L),
            config("gemma2", "hidden_act", "gelu_pytorch_tanh", "query_pre_attn_scalar", 8L, "sliding_window", 4L,
                    "attn_logit_softcapping", 50.0, "final_logit_softcapping", 30.0),
            gguf("gemma3", "attention.sliding_window", 4L),
            config("gemma3_text", "hidden_act", "gelu_pytorch_tanh", "query_pre_attn_scalar", 8L, "sliding_window", 4L,
                    "layer_types", List.of("sliding_attention", "full_attention")),
            gguf("phi3"), config("phi3", "sliding_window", 4L), gguf("granite"),
            config("granite", "attention_multiplier", 0.2, "logits_scaling", 8.0), gguf("olmo2"), config("olmo2"),
            gguf("gpt-oss", "attention.sliding_window", 4L, "expert_count", 4L, "expert_used_count", 2L,
                    "expert_feed_forward_length", 24L),
            config("gpt_oss", "num_local_experts", 4L, "num_experts_per_tok", 2L, "sliding_window", 4L));

    private final String name;
    private final Architecture architecture;

    ArchitectureContractTest(String name) {
        this.name = name;
        this.architecture = Objects.requireNonNull(all().get(name));
    }

    private static Map<String, Architecture> all() {
        Map<String, Architecture> all = new TreeMap<>();
        ServiceLoader.load(Architecture.class).forEach(one -> all.put(one.getClass().getSimpleName(), one));
        return all;
    }

    static Stream<String> names() {
        return all().keySet().stream();
    }

    private static Sample gguf(String architecture, Object... more) {
        return gguf(architecture, tensor -> false, more);
    }

    private static Sample gguf(String architecture, Predicate<String> optional, Object... more) {
        Map<String, Object> keys = keys("block_count", 2L, "embedding_length", 32L, "context_length", 128L,
                "attention.layer_norm_rms_epsilon", 1e-5, "attention.head_count", 4L, "attention.head_count_kv", 2L,
                "feed_forward_length", 48L, "rope.freq_base", 10_000.0);
        keys.putAll(keys(more));
        return new Sample(Form.GGUF, architecture, keys, optional, Map.of());
    }

    private static Sample config(String architecture, Object... more) {
        Map<String, Object> keys = keys("num_hidden_layers", 2L, "hidden_size", 32L, "max_position_embeddings", 128L,
                "rms_norm_eps", 1e-5, "num_attention_heads", 4L, "num_key_value_heads", 2L, "intermediate_size", 48L,
                "vocab_size", 40L, "rope_theta", 10_000.0, "hidden_act", "silu", "tie_word_embeddings", true);
        keys.putAll(keys(more));
        return new Sample(Form.HUGGING_FACE, architecture, keys);
    }

    private static Map<String, Object> keys(Object... keysAndValues) {
        Map<String, Object> keys = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            keys.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return keys;
    }

    @Override
    protected Architecture architecture() {
        return architecture;
    }

    @Override
    protected List<Sample> samples() {
        return SAMPLES.stream().filter(sample -> architecture.names().contains(sample.architecture())).toList();
    }

    @Test
    void everyNameHasASample() {
        Set<String> sampled = samples().stream().map(Sample::architecture).collect(Collectors.toSet());
        assertEquals(new TreeSet<>(architecture.names()), new TreeSet<>(sampled), () -> "samples of " + name);
    }
}
