/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A vocabulary with its rules, as a file states it; the text layer makes a tokenizer of it.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface VocabularySource {

    /**
     * Whether the file asks for the token that begins a text before each text ({@code add_bos_token}).
     *
     * @return empty if it does not say; then the kind of vocabulary decides
     */
    Optional<Boolean> addBos();

    /**
     * As GGUF states it ({@code tokenizer.ggml.*}). The arrays are shared, not copied: nobody changes them.
     *
     * @param model {@code gpt2} for byte-level BPE, {@code llama} for SentencePiece, and others
     * @param pre name of the rule that splits text before merging, empty if the file has none
     * @param tokens spelling of each id
     * @param types type of each id (1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte), or empty
     * @param scores score of each id, or empty
     * @param merges pairs in order of rank, their halves separated by one space, or empty
     * @param bos id of the token that begins a text
     * @param eos id of the token that ends one
     * @param unknown id for what cannot be encoded
     * @param addSpacePrefix whether SentencePiece puts a space before the text
     * @param addBos whether the file asks for {@code bos} before each text; empty if it does not say
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Table(String model, String pre, List<String> tokens, int[] types, float[] scores, List<String> merges,
            OptionalInt bos, OptionalInt eos, OptionalInt unknown, boolean addSpacePrefix,
            Optional<Boolean> addBos) implements VocabularySource {

        /**
         * A vocabulary whose file does not say whether a text begins with {@code bos}.
         *
         * @param model {@code gpt2} for byte-level BPE, {@code llama} for SentencePiece, and others
         * @param pre name of the rule that splits text before merging, empty if the file has none
         * @param tokens spelling of each id
         * @param types type of each id, or empty
         * @param scores score of each id, or empty
         * @param merges pairs in order of rank, or empty
         * @param bos id of the token that begins a text
         * @param eos id of the token that ends one
         * @param unknown id for what cannot be encoded
         * @param addSpacePrefix whether SentencePiece puts a space before the text
         */
        public Table(String model, String pre, List<String> tokens, int[] types, float[] scores, List<String> merges,
                OptionalInt bos, OptionalInt eos, OptionalInt unknown, boolean addSpacePrefix) {
            this(model, pre, tokens, types, scores, merges, bos, eos, unknown, addSpacePrefix, Optional.empty());
        }
    }

    /**
     * As Hugging Face states it.
     *
     * @param tokenizerJson the text of {@code tokenizer.json}
     * @param bos spelling of the token that begins a text, or empty
     * @param eos spelling of the token that ends one, or empty
     * @param addBos whether {@code tokenizer_config.json} asks for {@code bos} before each text; empty if it does not say
     */
    record HuggingFace(String tokenizerJson, String bos, String eos, Optional<Boolean> addBos)
            implements
                VocabularySource {

        /**
         * A vocabulary whose settings do not say whether a text begins with {@code bos}.
         *
         * @param tokenizerJson the text of {@code tokenizer.json}
         * @param bos spelling of the token that begins a text, or empty
         * @param eos spelling of the token that ends one, or empty
         */
        public HuggingFace(String tokenizerJson, String bos, String eos) {
            this(tokenizerJson, bos, eos, Optional.empty());
        }
    }
}
