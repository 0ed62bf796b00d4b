/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.ToolSelector;
import dev.millrace.engine.tools.ToolWatch;
import dev.millrace.spi.text.SamplerStage;
import java.util.List;
import java.util.function.Supplier;

/**
 * What plugins add to conversations. A conversation takes the stages that are there as it starts, and everything else as it is when it
 * is needed.
 *
 * @param guards asked before each tool call
 * @param watch knows of each tool call
 * @param stages change logits
 * @param installedTools those of all plugins, also later on
 * @param suggestedTools those of them that the model was made for
 * @param selectors say which of many tools are needed; asked in order until one can say
 * @param selection how many tools the model is told of unless a conversation says otherwise
 */
public record Extensions(Supplier<List<ToolGuard>> guards, ToolWatch watch,
        Supplier<List<SamplerStage.Factory>> stages,
        Supplier<List<ToolProvider>> installedTools, Supplier<List<ToolProvider>> suggestedTools,
        Supplier<List<ToolSelector>> selectors, ToolSelection selection) {
}
