/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.formats.safetensors.FolderFiles;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.KeyTable;
import java.util.List;
import java.util.Map;

/** Reads a folder with a sentence encoder: what its graph gives, and how sentence-transformers says to make one vector of it. */
final class EncoderFolder {

    private static final String POOLING = "1_Pooling/config.json";
    private static final String SENTENCES = "sentence_bert_config.json";
    private static final int MAX_SIZE = 1 << 28;
    private static final int DEFAULT_CONTEXT = 512;
    private static final List<String> OUTPUTS = List.of("last_hidden_state", "token_embeddings", "sentence_embedding");

    private EncoderFolder() {
    }

    /** Whether a graph reads tokens and gives vectors of them. */
    static boolean is(GraphHeader header) {
        return header.inputs().containsKey("input_ids")
                && header.inputs().keySet().stream().noneMatch(name -> name.startsWith("past"))
                && !header.outputs().containsKey("logits")
                && OUTPUTS.stream().anyMatch(header.outputs()::containsKey);
    }

    static Encoder read(FolderFiles files, KeyTable config, GraphHeader header, List<Graph.Variant> variants) {
        TextFrame frame = TextFrame.read(files);
        return new Encoder("onnx", config.text("model_type").orElse("encoder"), vocabulary(config, header),
                width(config, header), context(files, config), frame.before(), frame.after(), variants,
                pooling(files.settings(POOLING)), true);
    }

    private static int vocabulary(KeyTable config, GraphHeader header) {
        long rows = MAX_SIZE;
        for (GraphHeader.Weight weight : header.tensors()) {
            if (weight.name().contains("word_embeddings") && weight.shape().size() == 2) {
                rows = Math.clamp(weight.shape().getFirst(), 1, MAX_SIZE);
            }
        }
        return config.integerOr((int) rows, 1, MAX_SIZE, "vocab_size");
    }

    private static int width(KeyTable config, GraphHeader header) {
        for (String output : OUTPUTS) {
            GraphHeader.Port port = header.outputs().get(output);
            if (port != null && !port.shape().isEmpty() && port.shape().getLast().isFixed()) {
                return Math.clamp(port.shape().getLast().size(), 1, MAX_SIZE);
            }
        }
        return config.integer(1, MAX_SIZE, "hidden_size", "d_model");
    }

    private static int context(FolderFiles files, KeyTable config) {
        int most = config.integerOr(DEFAULT_CONTEXT, 1, MAX_SIZE, "max_position_embeddings", "n_positions");
        if (config.text("model_type").orElse("").contains("roberta")) {
            most -= 2; // positions begin behind the padding
        }
        return Math.min(most, files.settings(SENTENCES).integerOr(most, 1, MAX_SIZE, "max_seq_length"));
    }

    private static Encoder.Pooling pooling(KeyTable stated) {
        Map<String, Encoder.Pooling> kinds = Map.of("pooling_mode_cls_token", Encoder.Pooling.FIRST,
                "pooling_mode_lasttoken", Encoder.Pooling.LAST, "pooling_mode_max_tokens", Encoder.Pooling.MAX);
        for (Map.Entry<String, Encoder.Pooling> kind : kinds.entrySet()) {
            if (stated.flagOr(false, kind.getKey())) {
                return kind.getValue();
            }
        }
        return Encoder.Pooling.MEAN;
    }
}
