/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

/** Whether measured speeds count where a device is chosen. */
enum SpeedUse {
    /** They do not. */
    OFF,
    /** Those do that were measured before. */
    KEPT,
    /** What was not measured is measured when a model is opened. */
    ON
}
