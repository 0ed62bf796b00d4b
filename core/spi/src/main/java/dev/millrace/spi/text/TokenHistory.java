/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import org.osgi.annotation.versioning.ProviderType;

/** Tokens of a conversation so far: the prompt and what was generated. A view, valid during the call. */
@ProviderType
public interface TokenHistory {

    /**
     * Number of tokens.
     *
     * @return 0 or more
     */
    int length();

    /**
     * Number of tokens of the prompt.
     *
     * @return 0 to length
     */
    int promptLength();

    /**
     * A token.
     *
     * @param index 0 to length minus one
     * @return its id
     */
    int token(int index);
}
