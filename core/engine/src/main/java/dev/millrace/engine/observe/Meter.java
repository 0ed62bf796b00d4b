/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import dev.millrace.api.Metric;
import java.util.Map;
import java.util.function.Consumer;

/** Something that counts or measures. Safe for use from any thread. */
interface Meter {

    /**
     * Tells what stands there now.
     *
     * @param labels of what it was measured
     * @param to takes it
     */
    void tell(Map<String, String> labels, Consumer<Metric> to);
}
