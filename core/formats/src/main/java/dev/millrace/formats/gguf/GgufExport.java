/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.api.Sampling;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.architecture.ChatTemplates;
import dev.millrace.formats.architecture.Likeness;
import dev.millrace.formats.family.GgufLayout;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A model to be written as GGUF, with the keys and names that its readers expect.
 *
 * @param name what it calls itself
 * @param blueprint the model
 * @param vocabulary its tokens, or empty
 * @param padding id of the padding token
 * @param endTokens ids that end an answer, the usual one first
 * @param templates its chat templates
 * @param sampling what the makers recommend
 */
public record GgufExport(String name, Blueprint blueprint, Optional<VocabularySource.Table> vocabulary,
        OptionalInt padding, List<Integer> endTokens, ChatTemplates templates, Sampling sampling) {

    /**
     * Writes the file, and reads it again before it takes its place: what GGUF has no key for is not lost in silence.
     *
     * @param target replaced as a whole or not at all
     * @param fileType ggml's number for the mix of types, for people
     * @param types the type of each matrix; norms, routers, biases and kernels are F32 always
     * @param progress told how far it is
     * @throws dev.millrace.api.MillraceException if it cannot be written
     */
    public void write(Path target, int fileType, Function<Tensor, TensorType> types, Progress progress) {
        laidOut(target, fileType, layout -> new GgufTensors(blueprint, layout, types).all(), RowEncoder.PLAIN, 1,
                progress);
    }

    /**
     * Writes the file likewise, with types that depend on all of its tensors.
     *
     * @param target replaced as a whole or not at all
     * @param fileType ggml's number for the mix of types, for people
     * @param typed gives the tensors their types; matrices come with those that they have
     * @param encoder makes rows of the new types
     * @param threads that encode, 1 or more
     * @param progress told how far it is
     * @throws dev.millrace.api.MillraceException if it cannot be written
     */
    public void write(Path target, int fileType, UnaryOperator<List<OutgoingTensor>> typed, RowEncoder encoder,
            int threads, Progress progress) {
        laidOut(target, fileType, layout -> typed.apply(new GgufTensors(blueprint, layout, Tensor::type).all()),
                encoder,
                threads, progress);
    }

    /**
     * What a model would be written as: the names in GGUF, and the tensors of the blueprint that go there.
     *
     * @param blueprint of any form; its file is open
     * @return all tensors, in order
     * @throws dev.millrace.api.MillraceException if the family cannot be written
     */
    public static List<OutgoingTensor> tensors(Blueprint blueprint) {
        return new GgufTensors(blueprint, layout(blueprint, new Architectures(List.of())), Tensor::type).all();
    }

    private static GgufLayout layout(Blueprint blueprint, Architectures families) {
        return families.layout(blueprint.architecture()).orElseThrow(
                () -> new MillraceException("The family " + blueprint.architecture() + " cannot be written as GGUF."));
    }

    private void laidOut(Path target, int fileType, Function<GgufLayout, List<OutgoingTensor>> tensors,
            RowEncoder encoder, int threads, Progress progress) {
        Architectures families = new Architectures(List.of());
        GgufLayout layout = layout(blueprint, families);
        GgufWriter.write(target, metadata(fileType, layout), tensors.apply(layout), encoder, threads,
                written -> {
                    try (ModelFile back = GgufModel.open(written, families)) {
                        Likeness.difference(blueprint, back.blueprint()).ifPresent(difference -> {
                            throw new MillraceException(
                                    "The model cannot be written as GGUF, which has no key for this: "
                                            + difference + ".");
                        });
                    }
                }, progress);
    }

    private GgufMetadata metadata(int fileType, GgufLayout layout) {
        GgufMetadata out = new GgufMetadata();
        String a = blueprint.architecture() + ".";
        out.text("general.architecture", blueprint.architecture()).text("general.type", "model");
        out.text("general.name", name).number("general.file_type", fileType);
        out.number("general.quantization_version", 2);
        new GgufHyperparameters(blueprint, layout, out).write(a);
        vocabulary.ifPresent(table -> vocabulary(out, table));
        if (!templates.named().isEmpty()) {
            out.texts(GgufModel.TEMPLATE + "s", List.copyOf(templates.named().keySet()));
            templates.named().forEach((name, template) -> out.text(GgufModel.TEMPLATE + "." + name, template));
        }
        templates.standard().ifPresent(template -> out.text(GgufModel.TEMPLATE, template));
        sampling(out);
        return out;
    }

    private void vocabulary(GgufMetadata out, VocabularySource.Table table) {
        String t = GgufVocabulary.PREFIX;
        out.text(t + "model", table.model()).text(t + "pre", table.pre()).texts(t + "tokens", table.tokens());
        out.numbers(t + "token_type", table.types());
        if (table.scores().length > 0) {
            out.reals(t + "scores", table.scores()).flag(t + "add_space_prefix", table.addSpacePrefix());
        } else {
            out.texts(t + "merges", table.merges());
        }
        table.unknown().ifPresent(id -> out.number(t + "unknown_token_id", id));
        table.bos().ifPresent(id -> out.number(t + "bos_token_id", id));
        table.eos().ifPresent(id -> out.number(t + "eos_token_id", id));
        padding.ifPresent(id -> out.number(t + "padding_token_id", id));
        table.addBos().ifPresent(asked -> out.flag(t + "add_bos_token", asked));
        out.flag(t + "add_eos_token", false);
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
}
