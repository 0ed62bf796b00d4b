/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.engine.draft.DraftUse;
import java.util.Locale;

/** When tokens are guessed: the system property {@code millrace.speculation.NAME}, or else {@code millrace.speculation}. */
final class DraftSetting {

    private static final String SETTING = "millrace.speculation";

    private DraftSetting() {
    }

    /**
     * For a model.
     *
     * @throws IllegalArgumentException if it is another word than {@code auto}, {@code on}, {@code off} or {@code always}
     */
    static DraftUse of(String model) {
        ModelSetting set = ModelSetting.of(SETTING, model, "auto");
        return switch (set.text().strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> DraftUse.AUTO;
            case "on" -> DraftUse.ON;
            case "off" -> DraftUse.OFF;
            case "always" -> DraftUse.ALWAYS;
            default -> throw new IllegalArgumentException("The system property " + set.name()
                    + " must be auto, on, off or always, not \"" + set.text() + "\".");
        };
    }
}
