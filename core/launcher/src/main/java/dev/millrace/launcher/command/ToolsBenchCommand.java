/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelector;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How often the right tool is among those that a selector chooses. */
@Command(name = "bench", description = "Measure how often selectors find the right one of the installed tools.", sortOptions = false)
final class ToolsBenchCommand implements Callable<Integer> {

    private static final String OWN = "tool-requests.json";
    private static final int[] AT = {1, 3, 5, 10, 15};
    /** Rounds before times are taken. */
    private static final int WARM_UP = 3;

    private final Workplace workplace;

    @Option(names = "--requests", paramLabel = "FILE.json", description = "Requests of your own: [{\"ask\": TEXT, \"tool\": NAME}, ...].")
    @Nullable
    Path requests;

    @Option(names = "--missed", description = "Show each request whose tool is not among the first 15.")
    boolean missed;

    ToolsBenchCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    private record Request(String ask, String tool) {
    }

    @Override
    public Integer call() throws IOException {
        List<ToolProvider> providers = workplace.engine().toolProviders();
        List<ToolDefinition> tools = providers.stream().flatMap(provider -> provider.tools().stream())
                .map(Tool::definition).toList();
        List<Request> asked = requests();
        for (Request request : asked) {
            if (tools.stream().noneMatch(tool -> tool.name().equals(request.tool()))) {
                throw new MillraceException(
                        "The requests name the tool " + request.tool() + ", which is not installed: add"
                                + " its bundle, or give requests for your own tools with --requests.");
            }
        }
        Console console = workplace.console();
        console.result(
                tools.size() + " tools, " + asked.size() + " requests; how often the right tool is among the first N");
        console.result("selector      at 1   at 3   at 5  at 10  at 15   median ms  slowest ms");
        for (ToolSelector selector : workplace.engine().toolSelectors()) {
            measure(selector, tools, asked, console);
        }
        return ExitCode.DONE;
    }

    private void measure(ToolSelector selector, List<ToolDefinition> tools, List<Request> asked, Console console) {
        int[] found = new int[AT.length];
        long[] times = new long[asked.size()];
        List<String> lost = new ArrayList<>();
        for (int round = 0; round <= WARM_UP; round++) {
            for (int i = 0; i < asked.size(); i++) {
                Request request = asked.get(i);
                long start = System.nanoTime();
                List<ToolDefinition> ranked = selector.rank(tools, List.of(Message.user(request.ask())));
                times[i] = System.nanoTime() - start;
                if (round < WARM_UP) {
                    continue;
                }
                int place = ranked.stream().map(ToolDefinition::name).toList().indexOf(request.tool());
                for (int n = 0; n < AT.length; n++) {
                    found[n] += place >= 0 && place < AT[n] ? 1 : 0;
                }
                if (place < 0 || place >= AT[AT.length - 1]) {
                    lost.add(request.tool() + " at place " + (place + 1) + ": " + request.ask());
                }
            }
        }
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-12s", selector.name()));
        for (int count : found) {
            line.append(String.format(Locale.ROOT, "%5.1f %%", 100.0 * count / Math.max(1, asked.size())));
        }
        Arrays.sort(times);
        console.result(line + String.format(Locale.ROOT, "%12.2f%12.2f", times[times.length / 2] / 1e6,
                times[times.length - 1] / 1e6));
        if (missed) {
            lost.forEach(each -> console.result("  missed " + each));
        }
    }

    private List<Request> requests() throws IOException {
        String text;
        if (requests != null) {
            text = TextFile.read(requests);
        } else {
            try (InputStream own = ToolsBenchCommand.class.getResourceAsStream(OWN)) {
                if (own == null) {
                    throw new IllegalStateException(OWN + " is missing in the program.");
                }
                text = new String(own.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
        List<Request> all = new ArrayList<>();
        if (parsed(text) instanceof List<?> list) {
            for (Object each : list) {
                if (!(each instanceof Map<?, ?> map && map.get("ask") instanceof String ask
                        && map.get("tool") instanceof String tool)) {
                    throw wrong();
                }
                all.add(new Request(ask, tool));
            }
        }
        if (all.isEmpty()) {
            throw wrong();
        }
        return all;
    }

    private static @Nullable Object parsed(String text) {
        try {
            return Json.parseFile(text);
        } catch (JsonException e) {
            throw new MillraceException("The requests are no JSON: " + e.getMessage() + ".", e);
        }
    }

    private static MillraceException wrong() {
        return new MillraceException(
                "Requests are a list of objects such as {\"ask\": \"Turn on the lamp.\", \"tool\": \"set_device\"}.");
    }
}
