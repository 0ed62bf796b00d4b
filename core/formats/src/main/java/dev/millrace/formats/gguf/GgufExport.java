/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.Progress;
import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Architecture;
import dev.millrace.formats.architecture.TensorNames;
import dev.millrace.formats.tensor.ArrayTensor;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A model to be written as GGUF, with the keys and names that its readers expect.
 *
 * @param name what it calls itself
 * @param blueprint the model
 * @param vocabulary its tokens, or empty
 * @param padding id of the padding token
 * @param endTokens ids that end an answer, the usual one first
 * @param chatTemplate its template
 * @param sampling what the makers recommend
 */
public record GgufExport(String name, Blueprint blueprint, Optional<VocabularySource.Table> vocabulary,
        OptionalInt padding, List<Integer> endTokens, Optional<String> chatTemplate, Sampling sampling) {

    private static final String EXPERTS = "expert_";

    /**
     * Writes the file.
     *
     * @param target replaced as a whole or not at all
     * @param fileType ggml's number for the mix of types, for people
     * @param types the type of each matrix; norms, routers, biases and kernels are F32 always
     * @param progress told how far it is
     * @throws dev.millrace.api.MillraceException if it cannot be written
     */
    public void write(Path target, int fileType, Function<Tensor, TensorType> types, Progress progress) {
        TensorNames names = Architecture.ofGguf(blueprint.architecture()).orElseThrow(
                () -> new IllegalArgumentException("GGUF has no names for " + blueprint.architecture() + "."))
                .ggufNames();
        GgufWriter.write(target, metadata(fileType), new Outgoing(names, types).all(blueprint), progress);
    }

    private GgufMetadata metadata(int fileType) {
        GgufMetadata out = new GgufMetadata();
        String a = blueprint.architecture() + ".";
        out.text("general.architecture", blueprint.architecture()).text("general.type", "model");
        out.text("general.name", name).number("general.file_type", fileType);
        out.number("general.quantization_version", 2);
        List<Blueprint.Layer> layers = blueprint.layers();
        out.number(a + "block_count", layers.size()).number(a + "context_length", blueprint.contextLength());
        out.number(a + "embedding_length", blueprint.hiddenSize());
        out.number(a + "feed_forward_length", innerSize(layers.getFirst().feedForward()));
        int[] kvHeads = new int[layers.size()];
        for (int i = 0; i < kvHeads.length; i++) {
            kvHeads[i] = layers.get(i).mixer() instanceof Blueprint.Attention at ? at.kvHeads() : 0;
        }
        Optional<Blueprint.Attention> attention = layers.stream().map(Blueprint.Layer::mixer)
                .filter(Blueprint.Attention.class::isInstance).map(Blueprint.Attention.class::cast).findFirst();
        out.number(a + "attention.head_count", attention.map(Blueprint.Attention::heads).orElse(1));
        out.numbers(a + "attention.head_count_kv", kvHeads);
        attention.filter(at -> at.heads() * at.headSize() != blueprint.hiddenSize()).ifPresent(
                at -> out.number(a + "attention.key_length", at.headSize()).number(a + "attention.value_length",
                        at.headSize()));
        out.real(a + "attention.layer_norm_rms_epsilon", blueprint.outputNorm().epsilon());
        out.real(a + "rope.freq_base", attention.map(at -> ((Position.Rope) at.position()).base()).orElse(1e6f));
        out.number(a + "vocab_size", blueprint.vocabularySize());
        layers.stream().map(Blueprint.Layer::mixer).filter(Blueprint.ShortConv.class::isInstance)
                .map(Blueprint.ShortConv.class::cast).findFirst()
                .ifPresent(conv -> out.number(a + "shortconv.l_cache", conv.width()));
        List<Blueprint.Experts> moe = layers.stream().map(Blueprint.Layer::feedForward)
                .filter(Blueprint.Experts.class::isInstance).map(Blueprint.Experts.class::cast).toList();
        if (!moe.isEmpty()) {
            Blueprint.Experts e = moe.getFirst();
            out.number(a + EXPERTS + "count", e.experts().size()).number(a + EXPERTS + "used_count", e.used());
            out.number(a + EXPERTS + "feed_forward_length", innerSize(e));
            out.number(a + "leading_dense_block_count", layers.size() - moe.size());
            out.number(a + EXPERTS + "gating_func", e.gating() == Blueprint.Gating.SOFTMAX ? 1 : 2);
            out.flag(a + EXPERTS + "weights_norm", e.normalise()).real(a + EXPERTS + "weights_scale", e.scale());
        }
        vocabulary.ifPresent(table -> vocabulary(out, table));
        chatTemplate.ifPresent(template -> out.text("tokenizer.chat_template", template));
        sampling(out);
        return out;
    }

    private static int innerSize(Blueprint.FeedForward feedForward) {
        return switch (feedForward) {
            case Blueprint.Dense d -> (int) d.gate().weight().rows();
            case Blueprint.Experts e -> (int) e.experts().getFirst().gate().weight().rows();
        };
    }

    private void vocabulary(GgufMetadata out, VocabularySource.Table table) {
        String t = GgufVocabulary.PREFIX;
        out.text(t + "model", table.model()).text(t + "pre", table.pre()).texts(t + "tokens", table.tokens());
        out.numbers(t + "token_type", table.types()).texts(t + "merges", table.merges());
        table.bos().ifPresent(id -> out.number(t + "bos_token_id", id));
        table.eos().ifPresent(id -> out.number(t + "eos_token_id", id));
        padding.ifPresent(id -> out.number(t + "padding_token_id", id));
        // the chat template writes the first token itself
        out.flag(t + "add_bos_token", true).flag(t + "add_eos_token", false);
        List<Integer> others = endTokens.stream().filter(id -> id != table.eos().orElse(-1)).toList();
        if (!others.isEmpty()) {
            out.number(t + "eot_token_id", others.getFirst());
            out.numbers(t + "eos_token_ids", endTokens.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    private void sampling(GgufMetadata out) {
        String s = "general.sampling.";
        Sampling greedy = Sampling.greedy();
        if (sampling.temperature() > 0) {
            out.real(s + "temp", (float) sampling.temperature());
        }
        if (sampling.topK() != greedy.topK()) {
            out.number(s + "top_k", sampling.topK());
        }
        if (sampling.topP() != greedy.topP()) {
            out.real(s + "top_p", (float) sampling.topP());
        }
        if (sampling.minP() != greedy.minP()) {
            out.real(s + "min_p", (float) sampling.minP());
        }
        if (sampling.repetitionPenalty() != greedy.repetitionPenalty()) {
            out.real(s + "penalty_repeat", (float) sampling.repetitionPenalty());
        }
    }

    /** Collects tensors with their names. */
    private record Outgoing(TensorNames names, Function<Tensor, TensorType> types) {

        List<OutgoingTensor> all(Blueprint b) {
            List<OutgoingTensor> out = new ArrayList<>();
            matrix(out, names.embedding(), b.embedding());
            plain(out, names.outputNorm().getFirst(), b.outputNorm().weight(), b.hiddenSize());
            if (!b.head().equals(b.embedding())) {
                matrix(out, names.head(), b.head());
            }
            for (int i = 0; i < b.layers().size(); i++) {
                layer(out, b.layers().get(i), i, b.hiddenSize());
            }
            return out;
        }

        private void layer(List<OutgoingTensor> out, Blueprint.Layer layer, int i, long hidden) {
            plain(out, TensorNames.at(names.mixerNorm(), i), layer.mixerNorms().before(), hidden);
            switch (layer.mixer()) {
                case Blueprint.Attention a -> {
                    TensorNames.Attention n = names.attention();
                    matrix(out, TensorNames.at(n.query(), i), a.query().weight());
                    matrix(out, TensorNames.at(n.key(), i), a.key().weight());
                    matrix(out, TensorNames.at(n.value(), i), a.value().weight());
                    matrix(out, TensorNames.at(n.output(), i), a.output().weight());
                    plain(out, TensorNames.at(n.queryNorm(), i), a.queryNorm(), a.headSize());
                    plain(out, TensorNames.at(n.keyNorm(), i), a.keyNorm(), a.headSize());
                }
                case Blueprint.ShortConv c -> {
                    matrix(out, TensorNames.at(names.convolution().in(), i), c.in());
                    plain(out, TensorNames.at(names.convolution().kernel(), i), c.kernel(), hidden, c.width());
                    matrix(out, TensorNames.at(names.convolution().out(), i), c.out());
                }
            }
            plain(out, TensorNames.at(names.feedForwardNorm(), i), layer.feedForwardNorms().before(), hidden);
            switch (layer.feedForward()) {
                case Blueprint.Dense d -> {
                    matrix(out, TensorNames.at(names.dense().gate(), i), d.gate().weight());
                    matrix(out, TensorNames.at(names.dense().up(), i), d.up().weight());
                    matrix(out, TensorNames.at(names.dense().down(), i), d.down().weight());
                }
                case Blueprint.Experts e -> {
                    plain(out, TensorNames.at(names.router(), i), e.router().weight(), e.experts().size(), hidden);
                    // llama.cpp wants one, zeros change nothing
                    Tensor bias = e.bias() != null
                            ? e.bias()
                            : new ArrayTensor("bias", e.experts().size(), new float[e.experts().size()]);
                    plain(out, TensorNames.at(names.bias(), i), bias, e.experts().size());
                    TensorNames.Gated n = ((TensorNames.Experts.Stacked) names.experts().getFirst()).names();
                    stack(out, TensorNames.at(n.gate(), i), e.experts().stream().map(d -> d.gate().weight()).toList());
                    stack(out, TensorNames.at(n.up(), i), e.experts().stream().map(d -> d.up().weight()).toList());
                    stack(out, TensorNames.at(n.down(), i), e.experts().stream().map(d -> d.down().weight()).toList());
                }
            }
        }

        private void matrix(List<OutgoingTensor> out, String name, Tensor tensor) {
            out.add(new OutgoingTensor(name, types.apply(tensor), new long[]{tensor.rows(), tensor.columns()},
                    List.of(tensor)));
        }

        private void stack(List<OutgoingTensor> out, String name, List<Tensor> parts) {
            Tensor first = parts.getFirst();
            out.add(new OutgoingTensor(name, types.apply(first),
                    new long[]{parts.size(), first.rows(), first.columns()}, parts));
        }

        private void plain(List<OutgoingTensor> out, String name, Blueprint.@Nullable Norm norm, long... shape) {
            plain(out, name, Objects.requireNonNull(norm, name).weight(), shape);
        }

        private void plain(List<OutgoingTensor> out, String name, Tensor tensor, long... shape) {
            out.add(new OutgoingTensor(name, TensorType.F32, shape, List.of(tensor)));
        }
    }
}
