/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import java.time.Duration;

/**
 * What a model may take of time and turns.
 *
 * @param betweenTokens how long prompts may hold up answers, between two tokens; zero for twice the usual time
 * @param answers that it generates at a time; more are refused
 * @param idle after which it is unloaded; zero for never
 */
record ModelLimits(Duration betweenTokens, int answers, Duration idle) {

    private static final int ANSWERS = 256;

    /** As system properties say. */
    static ModelLimits ofSystem() {
        return new ModelLimits(Duration.ofMillis(Long.getLong("millrace.between.tokens", 0)),
                Integer.getInteger("millrace.answers", ANSWERS), Duration.ofSeconds(Long.getLong("millrace.idle", 0)));
    }
}
