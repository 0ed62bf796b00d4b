/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.setting.Settings;
import java.time.Duration;

/**
 * What a model may take of time and turns.
 *
 * @param betweenTokens how long prompts may hold up answers, between two tokens; zero for twice the usual time
 * @param answers that it generates at a time; more are refused
 * @param idle after which it is unloaded; zero for never
 */
record ModelLimits(Duration betweenTokens, int answers, Duration idle) {

    /** As it is set for a model. */
    static ModelLimits of(Settings settings, String model) {
        return new ModelLimits(Duration.ofMillis(settings.get(EngineSettings.BETWEEN_TOKENS, model)),
                settings.get(EngineSettings.ANSWERS, model).intValue(),
                Duration.ofSeconds(settings.get(EngineSettings.IDLE, model)));
    }
}
