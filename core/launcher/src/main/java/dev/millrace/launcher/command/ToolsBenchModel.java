/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** How well a model calls tools: what it is asked, what it does, and what that costs. Nothing real is done. */
final class ToolsBenchModel {

    /** Their tools are simulated anyway. */
    private static final Set<String> SIMULATED = Set.of("gateway", "plant");
    private static final int MOST_TOKENS = 1024;
    /** Calls after the steps of a chain, for a model that looks something up. */
    private static final int SPARE_ROUNDS = 4;

    private final Model model;
    private final List<ToolProvider> providers;
    private final Console console;

    /**
     * A measurement.
     *
     * @param model who is asked
     * @param providers of the tools
     * @param console where to write
     */
    ToolsBenchModel(Model model, List<ToolProvider> providers, Console console) {
        this.model = model;
        this.providers = providers.stream().map(ToolsBenchModel::simulated).toList();
        this.console = console;
    }

    /** What is measured of one question. */
    private record Run(List<ToolCall> calls, int read, int written, double seconds) {
    }

    private record Pretended(String name, List<Tool> tools) implements ToolProvider {
    }

    private record Pretender(ToolDefinition definition) implements Tool {

        @Override
        public ToolResult call(ToolCall call) {
            return ToolResult.of(Map.of("ok", true));
        }
    }

    /** Tools that do nothing. */
    static ToolProvider pretended(String name, List<ToolDefinition> tools) {
        return new Pretended(name, tools.stream().map(tool -> (Tool) new Pretender(tool)).toList());
    }

    /** A door of the user's must not open because somebody measures. */
    private static ToolProvider simulated(ToolProvider provider) {
        return SIMULATED.contains(provider.name())
                ? provider
                : pretended(provider.name(), provider.tools().stream().map(Tool::definition).toList());
    }

    void requests(List<ToolCases.Asked> asked) {
        int named = 0;
        int right = 0;
        List<Run> runs = new ArrayList<>();
        for (ToolCases.Asked each : asked) {
            Run run = run(each.turns(), 1, true);
            runs.add(run);
            ToolCases.Step step = each.steps().getFirst();
            named += run.calls().stream().limit(1).anyMatch(step::isTool) ? 1 : 0;
            right += run.calls().stream().limit(1).anyMatch(step::is) ? 1 : 0;
        }
        console.result(asked.size() + " requests: right tool " + share(named, asked.size()) + ", with right arguments "
                + share(right, asked.size()) + cost(runs));
    }

    void chains(List<ToolCases.Asked> asked) {
        int whole = 0;
        int steps = 0;
        int done = 0;
        List<Run> runs = new ArrayList<>();
        for (ToolCases.Asked each : asked) {
            Run run = run(each.turns(), each.steps().size() + SPARE_ROUNDS, false);
            runs.add(run);
            int reached = 0;
            for (ToolCall call : run.calls()) {
                reached += reached < each.steps().size() && each.steps().get(reached).is(call) ? 1 : 0;
            }
            done += reached;
            steps += each.steps().size();
            whole += reached == each.steps().size() ? 1 : 0;
        }
        console.result(asked.size() + " chains: completed " + share(whole, asked.size()) + ", steps in order "
                + share(done, steps) + cost(runs));
    }

    private static String share(int part, int all) {
        return String.format(Locale.ROOT, "%.1f %%", 100.0 * part / Math.max(1, all));
    }

    private static String cost(List<Run> runs) {
        int count = Math.max(1, runs.size());
        return String.format(Locale.ROOT, "; on average %d tokens of prompt, %d written, %.2f s",
                runs.stream().mapToInt(run -> run.read()).sum() / count,
                runs.stream().mapToInt(run -> run.written()).sum() / count,
                runs.stream().mapToDouble(Run::seconds).sum() / count);
    }

    /** Asks in a conversation of its own; a single request ends with its first call. */
    private Run run(List<String> turns, int rounds, boolean untilCall) {
        long start = System.nanoTime();
        List<ToolCall> calls = new ArrayList<>();
        int read = 0;
        int written = 0;
        Conversation.Builder builder = model.conversation().maxTokens(MOST_TOKENS).maxToolRounds(rounds);
        // those that the model was made for are always told; with others they would be chosen like all
        builder.suggestedTools();
        providers.forEach(builder::tools);
        try (Conversation conversation = builder.start()) {
            for (String turn : turns) {
                try (Generation generation = conversation.send(turn)) {
                    for (Event event : generation) {
                        if (event instanceof Event.ToolCalled called) {
                            calls.add(called.call());
                            if (untilCall) {
                                generation.cancel();
                            }
                        } else if (event instanceof Event.Finished finished) {
                            read += finished.usage().promptTokens();
                            written += finished.usage().completionTokens();
                        }
                    }
                }
            }
        }
        return new Run(calls, read, written, (System.nanoTime() - start) / 1e9);
    }
}
