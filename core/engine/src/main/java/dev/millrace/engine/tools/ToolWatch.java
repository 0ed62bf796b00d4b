/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.ToolListener;
import java.util.List;
import java.util.function.Supplier;

/**
 * What is known of the calls of a whole runtime.
 *
 * @param listeners told of each call, at any time
 * @param hanging calls that do not end
 */
public record ToolWatch(Supplier<List<ToolListener>> listeners, HangingCalls hanging) {
}
