/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.Tokenizer;
import java.util.OptionalInt;

/**
 * A tokenizer for those who write prompts: it tells trusted text from text that others wrote. Safe for use from any thread.
 *
 * <p>
 * Where the vocabulary file brings a regular expression that backtracks without end, encoding ends in a
 * {@link dev.millrace.api.MillraceException} that says so. A character that the vocabulary can spell in no way is written as its
 * unknown token, or left out where it has none, as the reference implementations do.
 *
 * <p>
 * Which tokens are <em>control</em> tokens, the vocabulary file says: {@code special} in tokenizer.json, the types control and unknown
 * in GGUF. Text that others wrote never yields one. The other added tokens ({@code "special": false}, user-defined in GGUF: runs of
 * spaces, but also marks such as Qwen's {@code <tool_call>}) are words of the vocabulary with a spelling of their own. They are
 * recognised in every text, inert text included, because the reference implementations do so and the models were trained on it; an
 * attacker gains no more by them than by writing the word. Whoever wants a mark kept out of a conversation must keep its spelling
 * out.
 */
public interface PromptTokenizer extends Tokenizer {

    /**
     * Encodes a prompt as one text. Control tokens are recognised only where they lie wholly in trusted text; everything else
     * is as if the pieces had been one string. No token is added.
     *
     * @param prompt trusted and inert pieces
     * @return the ids
     * @throws IllegalArgumentException if the text has a lone surrogate, with its position in the whole text
     */
    int[] encode(PromptText prompt);

    /**
     * The bytes that a token adds to a text: often a part of a character.
     *
     * @param id token id
     * @return a copy of its spelling in UTF-8, or a part of it; for a control token its name
     * @throws IllegalArgumentException if the id is outside the vocabulary
     */
    byte[] bytes(int id);

    /**
     * The token that begins a text.
     *
     * @return its id, or empty if the file names none
     */
    OptionalInt bos();

    /**
     * Whether the vocabulary asks for {@link #bos()} before each text. Nothing here writes it.
     *
     * @return what the file says, or else what the reference implementation does with a vocabulary of this kind
     */
    boolean addsBos();

    /**
     * The token that ends a text.
     *
     * @return its id, or empty if the file names none
     */
    OptionalInt eos();
}
