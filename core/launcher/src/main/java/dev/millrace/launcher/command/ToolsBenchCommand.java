/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How often selectors choose the right tools, and a model calls them. */
@Command(name = "bench", description = "Measure how often selectors find the right one of the installed tools, and how well a model calls them.", sortOptions = false)
final class ToolsBenchCommand implements Callable<Integer> {

    private static final int[] AT = {1, 3, 5, 10, 15};
    /** Rounds before times are taken. */
    private static final int WARM_UP = 3;

    private final Workplace workplace;

    @Option(names = "--tools", paramLabel = "FILE.json", description = "Tools of your own in place of the installed ones, as a list of definitions; they are not run.")
    @Nullable
    Path toolFile;

    @Option(names = "--only", paramLabel = "PROVIDER", description = "Only the tools of this plugin, as tools list names it, and what is asked for them.")
    @Nullable
    String only;

    @Option(names = "--requests", paramLabel = "FILE.json", description = "Requests of your own: [{\"ask\": TEXT, \"tool\": NAME, \"arguments\": {...}}, ...].")
    @Nullable
    Path requests;

    @Option(names = "--chains", paramLabel = "FILE.json", description = "Chains of your own: [{\"ask\": TEXT, \"steps\": [{\"tool\": NAME, \"arguments\": {...}}, ...]}, ...].")
    @Nullable
    Path chains;

    @Option(names = "--missed", description = "Show each request whose tool is not among the first 15.")
    boolean missed;

    @Option(names = {"-m",
            "--model"}, arity = "0..1", fallbackValue = ModelChoice.PACKAGED, paramLabel = "REF", description = "Let a model call the tools, too; nano if no model is named. Tools of your own are not run.")
    @Nullable
    String model;

    @Option(names = "--first", paramLabel = "N", description = "Ask the model only the first N requests and chains.")
    int first = Integer.MAX_VALUE;

    /** Rounds that selectors before have had. */
    private int rounds;

    ToolsBenchCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        if (first < 1) {
            throw new MillraceException("--first must be 1 or more.");
        }
        if (only != null && toolFile != null) {
            throw new MillraceException("--only chooses among the installed tools: leave it out, or --tools.");
        }
        List<ToolProvider> providers = toolFile == null
                ? installed()
                : List.of(ToolsBenchModel.pretended(toolFile.toString(), ToolFile.read(toolFile)));
        List<ToolDefinition> tools = providers.stream().flatMap(provider -> provider.tools().stream())
                .map(Tool::definition).toList();
        // whoever brings requests or chains of his own means them, and not ours
        List<ToolCases.Asked> single = requests == null && chains != null
                ? List.of()
                : about(tools, requests, ToolCases.requests(requests));
        List<ToolCases.Asked> several = chains == null && requests != null
                ? List.of()
                : about(tools, chains, ToolCases.chains(chains));
        if (single.isEmpty() && several.isEmpty()) {
            throw new MillraceException("Nothing of our own is asked for the tools of " + only
                    + ": give requests of yours with --requests or --chains.");
        }
        single.forEach(each -> present(each, tools));
        several.forEach(each -> present(each, tools));
        Console console = workplace.console();
        console.result(
                tools.size() + " tools, " + single.size() + " requests; how often the right tool is among the first N");
        console.result(
                "selector      at 1   at 3   at 5  at 10  at 15   paraphrases at 15   chains at 15   median ms  slowest ms");
        List<ToolSelector> selectors = new ArrayList<>(workplace.engine().toolSelectors());
        if (selectors.size() > 1) {
            selectors.add(workplace.engine().toolChoice());
        }
        for (ToolSelector selector : selectors) {
            measure(selector, tools, single, several, console);
            rounds += WARM_UP + 1;
        }
        if (model != null) {
            measure(model, providers, single, several, console);
        }
        return ExitCode.DONE;
    }

    private List<ToolProvider> installed() {
        List<ToolProvider> all = workplace.engine().toolProviders();
        List<ToolProvider> chosen = all.stream().filter(each -> only == null || each.name().equals(only)).toList();
        if (chosen.isEmpty() && only != null) {
            throw new MillraceException("There are no tools of " + only + "; there are those of "
                    + all.stream().map(ToolProvider::name).collect(Collectors.joining(", ")) + ".");
        }
        return chosen;
    }

    /** Of our own, what is asked for these tools; all that a user brings. */
    private List<ToolCases.Asked> about(List<ToolDefinition> tools, @Nullable Path file, List<ToolCases.Asked> all) {
        List<String> names = tools.stream().map(ToolDefinition::name).toList();
        return only == null || file != null
                ? all
                : all.stream().filter(each -> each.steps().stream().allMatch(step -> names.contains(step.tool())))
                        .toList();
    }

    private static void present(ToolCases.Asked asked, List<ToolDefinition> tools) {
        for (ToolCases.Step step : asked.steps()) {
            if (tools.stream().noneMatch(tool -> tool.name().equals(step.tool()))) {
                throw new MillraceException(
                        "The requests name the tool " + step.tool() + ", which is not installed: add"
                                + " its bundle, or give requests for your own tools with --requests or --chains.");
            }
        }
    }

    private void measure(String reference, List<ToolProvider> providers, List<ToolCases.Asked> single,
            List<ToolCases.Asked> several, Console console) {
        workplace.fetching().provide(reference, false);
        try (LoadProgress progress = new LoadProgress(console);
                Model opened = workplace.engine().open(reference, ModelOptions.defaults().withProgress(progress))) {
            console.result("model " + opened.info().name());
            ToolsBenchModel bench = new ToolsBenchModel(opened, providers, console);
            if (!single.isEmpty()) {
                bench.requests(single.subList(0, Math.min(first, single.size())));
            }
            if (!several.isEmpty()) {
                bench.chains(several.subList(0, Math.min(first, several.size())));
            }
        }
    }

    private void measure(ToolSelector selector, List<ToolDefinition> tools, List<ToolCases.Asked> single,
            List<ToolCases.Asked> several, Console console) {
        // which also gets ready whatever is loaded for the first choice
        if (ranked(selector, tools, (single.isEmpty() ? several : single).getFirst().ask()).isEmpty()) {
            console.result(String.format(Locale.ROOT, "%-12s cannot choose now", selector.name()));
            return;
        }
        int[] found = new int[AT.length];
        int paraphrases = 0;
        long[] times = new long[single.size()];
        List<String> lost = new ArrayList<>();
        for (int round = 0; round <= WARM_UP; round++) {
            for (int i = 0; i < single.size(); i++) {
                ToolCases.Asked asked = single.get(i);
                // the same words, but nobody has seen this text before
                String ask = asked.ask() + " ".repeat(rounds + round);
                long start = System.nanoTime();
                List<String> ranked = ranked(selector, tools, ask);
                times[i] = System.nanoTime() - start;
                if (round < WARM_UP) {
                    continue;
                }
                String tool = asked.steps().getFirst().tool();
                int place = ranked.indexOf(tool);
                for (int n = 0; n < AT.length; n++) {
                    found[n] += place >= 0 && place < AT[n] ? 1 : 0;
                }
                if (place < 0 || place >= AT[AT.length - 1]) {
                    lost.add(tool + " at place " + (place + 1) + ": " + asked.ask());
                } else if (asked.paraphrase()) {
                    paraphrases++;
                }
            }
        }
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-12s", selector.name()));
        for (int count : found) {
            line.append(single.isEmpty()
                    ? "      -"
                    : String.format(Locale.ROOT, "%5.1f %%", 100.0 * count / single.size()));
        }
        long all = single.stream().filter(ToolCases.Asked::paraphrase).count();
        line.append(String.format(Locale.ROOT, "%20s%15s", share(paraphrases, all), chained(selector, tools, several)));
        Arrays.sort(times);
        console.result(line + (single.isEmpty()
                ? String.format(Locale.ROOT, "%12s%12s", "-", "-")
                : String.format(Locale.ROOT, "%12.2f%12.2f", times[times.length / 2] / 1e6,
                        times[times.length - 1] / 1e6)));
        if (missed) {
            lost.forEach(each -> console.result("  missed " + each));
        }
    }

    /** Of how many chains all tools are among the first 15. */
    private static String chained(ToolSelector selector, List<ToolDefinition> tools, List<ToolCases.Asked> several) {
        long whole = several.stream().filter(asked -> {
            List<String> ranked = ranked(selector, tools, asked.ask());
            List<String> head = ranked.subList(0, Math.min(AT[AT.length - 1], ranked.size()));
            return asked.steps().stream().allMatch(step -> head.contains(step.tool()));
        }).count();
        return share(whole, several.size());
    }

    private static String share(long part, long all) {
        return all == 0 ? "-" : String.format(Locale.ROOT, "%d of %d", part, all);
    }

    private static List<String> ranked(ToolSelector selector, List<ToolDefinition> tools, String ask) {
        return selector.rank(tools, List.of(Message.user(ask))).stream().map(ToolDefinition::name).toList();
    }
}
