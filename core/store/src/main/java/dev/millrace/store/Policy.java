/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Trust;
import java.util.Optional;

/**
 * What happens to models and plugins that nobody signed who is trusted.
 *
 * @param rule of the user
 * @param question that is asked if the rule is to ask
 */
record Policy(Trust rule, String question) {

    /**
     * Ends the work if the user's rule, or the user, is against it.
     *
     * @param what names it in messages
     * @param signer who signed it
     * @param consent asks the user
     */
    void check(String what, Optional<String> signer, Consent consent) {
        if (signer.isPresent() || rule == Trust.ALLOW) {
            return;
        }
        String unsigned = what + " is not signed by anybody whom you trust";
        if (rule == Trust.REFUSE) {
            throw new MillraceException(
                    unsigned + ", and your rule is to refuse that: trust the publisher's key with "
                            + "\"millrace plugins trust add KEY.pem\", or give --trust ask.");
        }
        if (!consent.agree(unsigned + ". " + question)) {
            throw new MillraceException(
                    unsigned + ", and nobody agreed to have it: answer yes, or give --trust allow.");
        }
    }
}
