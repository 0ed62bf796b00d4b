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

    private static final String SETTING = "millrace.strict";
    private static final long SMALL = 4_000_000_000L;
    private static final long SMALL_BYTES = 2L << 30;

    private CallStrictness() {
    }

    /**
     * As it was asked for when the model was opened, or else by the system property of the model or of all, or else by its size.
     *
     * @throws IllegalArgumentException if the property is another word than {@code auto}, {@code on} or {@code off}
     */
    static Holding of(Strictness asked, ModelInfo model) {
        return switch (asked == Strictness.AUTO ? property(model.name()) : asked) {
            case ON -> Holding.MUST;
            case OFF -> Holding.NOT;
            case AUTO -> isSmall(model) ? Holding.MAY : Holding.NOT;
        };
    }

    private static Strictness property(String model) {
        ModelSetting set = ModelSetting.of(SETTING, model, "auto");
        return switch (set.text()) {
            case "auto" -> Strictness.AUTO;
            case "on" -> Strictness.ON;
            case "off" -> Strictness.OFF;
            default -> throw new IllegalArgumentException(
                    "The system property " + set.name() + " must be auto, on or off, not \"" + set.text() + "\".");
        };
    }

    private static boolean isSmall(ModelInfo model) {
        return model.parameters() == 0 ? model.weightBytes() < SMALL_BYTES : model.parameters() < SMALL;
    }
}
