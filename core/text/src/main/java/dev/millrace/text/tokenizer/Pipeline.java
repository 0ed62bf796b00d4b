/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a text, step by step.
 *
 * @param rawTokens added tokens that are matched in the text as it is
 * @param normaliser rewrites what lies between them, or null
 * @param normalisedTokens added tokens that are matched after that
 * @param preTokenizers cut what lies between those
 * @param splitters cut further; they keep every char, so that nothing needs to be stored in between
 * @param model turns pre-tokens into ids
 * @param spelling what the ids read as
 * @param names ids by spelling
 * @param controls the ids of control tokens
 * @param bos the token that begins a text
 * @param eos the token that ends one
 * @param addsBos whether the vocabulary asks for the first of these before each text
 */
record Pipeline(AddedTokens rawTokens, @Nullable Normaliser normaliser, AddedTokens normalisedTokens,
        List<PreTokenizer> preTokenizers, List<Splitter> splitters, TokenModel model, Spelling spelling,
        TokenNames names,
        BitSet controls, OptionalInt bos, OptionalInt eos, boolean addsBos) {
}
