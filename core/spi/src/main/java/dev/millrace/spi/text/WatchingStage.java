/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A stage that watches what is chosen, and may want the thinking closed or the answer ended: a guard against loops, for example. It
 * makes tokens less likely as any sparse stage does.
 */
@ConsumerType
public interface WatchingStage extends SparseStage {

    /** What should happen. */
    enum Verdict {
        /** The answer goes on. */
        GO_ON,
        /** The thinking is closed, if the model thinks; its answer goes on. */
        CLOSE_THINKING,
        /** The answer ends with {@link dev.millrace.api.FinishReason#LOOP}. */
        END
    }

    /**
     * What should happen after the token that was accepted last.
     *
     * @return the verdict
     */
    Verdict verdict();
}
