/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import java.io.IOException;

/** There is no way into a server now. The message is a sentence that says why, without any secret. */
public final class SignInException extends IOException {

    private static final long serialVersionUID = 1L;

    SignInException(String sentence) {
        super(sentence);
    }

    SignInException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
