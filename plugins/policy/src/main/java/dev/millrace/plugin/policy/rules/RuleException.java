/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

/** Rules that cannot be read. */
public final class RuleException extends Exception {

    private static final long serialVersionUID = 1;

    RuleException(int line, String problem) {
        super("Line " + line + " of the rules: " + problem + ".");
    }
}
