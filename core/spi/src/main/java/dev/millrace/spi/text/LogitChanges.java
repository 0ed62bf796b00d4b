/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import org.osgi.annotation.versioning.ProviderType;

/** Collects changes of single logits, from all sparse stages, for one token. Ids are those of the vocabulary. */
@ProviderType
public interface LogitChanges {

    /**
     * Divides a positive logit, and multiplies a negative one.
     *
     * @param token its id
     * @param divisor more than 0
     */
    void divide(int token, float divisor);

    /**
     * Takes something away from a logit.
     *
     * @param token its id
     * @param offset what is taken away; negative adds to it, infinity bans the token
     */
    void subtract(int token, float offset);

    /**
     * Bans a token.
     *
     * @param token its id
     */
    default void ban(int token) {
        subtract(token, Float.POSITIVE_INFINITY);
    }

    /**
     * Bans all tokens outside of a set. Where several stages bound the tokens, a token must be in all sets.
     *
     * @param bits bit {@code id % 64} of word {@code id / 64} says whether a token is in it; not changed, and not kept
     * @throws IllegalArgumentException if there are fewer bits than tokens
     */
    void allow(long[] bits);
}
