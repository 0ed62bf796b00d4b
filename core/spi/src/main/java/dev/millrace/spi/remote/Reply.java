/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.remote;

import dev.millrace.api.FinishReason;
import dev.millrace.api.Usage;

/**
 * How a turn ended.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param reason {@link FinishReason#STOP} also if it called tools
 * @param usage tokens of this turn, estimated where the other side does not tell
 */
public record Reply(FinishReason reason, Usage usage) {
}
