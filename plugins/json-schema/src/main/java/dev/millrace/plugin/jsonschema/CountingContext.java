/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;

/** Counts the keywords that are looked at: the library notes each in the path before it does. */
final class CountingContext extends ExecutionContext {

    /** A keyword costs some hundred times what a regular expression does with a character. */
    private static final int STEPS_PER_KEYWORD = 50;

    private final Budget budget;

    CountingContext(ExecutionConfig config, Budget budget) {
        super(config);
        this.budget = budget;
    }

    @Override
    public void evaluationPathAddLast(String keyword) {
        for (int i = 0; i < STEPS_PER_KEYWORD; i++) {
            budget.step();
        }
        super.evaluationPathAddLast(keyword);
    }
}
