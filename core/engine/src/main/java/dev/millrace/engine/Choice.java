/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.DeviceVerdict;
import java.util.List;

/**
 * A place for a model, and how the others fared.
 *
 * @param place where it is to run
 * @param verdicts one for each device
 */
record Choice(Placement place, List<DeviceVerdict> verdicts) {

    /** Copies the list. */
    Choice {
        verdicts = List.copyOf(verdicts);
    }
}
