/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelInfo;
import dev.millrace.api.Strictness;
import dev.millrace.engine.talk.Holding;

/** Whether a model's calls are held to the schemas of tools, where a conversation does not say. */
final class CallStrictness {

    private static final long SMALL = 4_000_000_000L;
    private static final long SMALL_BYTES = 2L << 30;

    private CallStrictness() {
    }

    /**
     * As it was asked for when the model was opened, or else as the setting says, or else by its size.
     *
     * @param asked when the model was opened
     * @param set by the setting
     */
    static Holding of(Strictness asked, Strictness set, ModelInfo model) {
        return switch (asked == Strictness.AUTO ? set : asked) {
            case ON -> Holding.MUST;
            case OFF -> Holding.NOT;
            case AUTO -> isSmall(model) ? Holding.MAY : Holding.NOT;
        };
    }

    private static boolean isSmall(ModelInfo model) {
        return model.parameters() == 0 ? model.weightBytes() < SMALL_BYTES : model.parameters() < SMALL;
    }
}
