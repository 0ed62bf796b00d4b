/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.OptionalInt;
import org.osgi.annotation.versioning.ProviderType;

/** Turns text into token ids and back, as the model's reference implementation does. Safe for use from any thread. */
@ProviderType
public interface Tokenizer {

    /**
     * Number of ids; ids run from 0 to this minus one.
     *
     * @return the size of the vocabulary
     */
    int size();

    /**
     * Encodes plain text. Text that spells a control token, such as {@code <|im_end|>}, stays text; no token is added.
     *
     * @param text any text
     * @return the ids
     * @throws IllegalArgumentException if the text has a lone surrogate, with its position
     */
    int[] encode(String text);

    /**
     * Encodes text in which control tokens are meant as such: a prompt that a chat template has rendered. No token is
     * added.
     *
     * @param text trusted text
     * @return the ids
     * @throws IllegalArgumentException if the text has a lone surrogate, with its position
     */
    int[] encodeWithControl(String text);

    /**
     * Decodes ids, control tokens included as they are spelled. Bytes that are not UTF-8 become U+FFFD.
     *
     * @param ids token ids
     * @return the text
     * @throws IllegalArgumentException if an id is outside the vocabulary
     */
    String decode(int... ids);

    /**
     * A decoder for a stream of tokens.
     *
     * @return a new decoder, for one thread
     */
    Decoder decoder();

    /**
     * The id of a token.
     *
     * @param token exactly as it is spelled in the vocabulary, for example {@code <|im_end|>}
     * @return its id, or empty
     */
    OptionalInt id(String token);

    /**
     * Whether a token steers the model and is no text.
     *
     * @param id token id
     * @return true for a control token
     */
    boolean isControl(int id);

    /** Decodes a stream of tokens into whole characters. */
    @ProviderType
    interface Decoder {

        /**
         * Takes the next token.
         *
         * @param id token id
         * @return the characters that are whole now; empty while one is incomplete
         * @throws IllegalArgumentException if the id is outside the vocabulary
         */
        String next(int id);

        /**
         * Ends the stream.
         *
         * @return U+FFFD for an incomplete character, else empty
         */
        String finish();
    }
}
