/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.text.dialect.ParsedAnswer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What an answer says: thinking, text and calls. */
@Command(name = "calls", description = "Take an answer apart: {\"reasoning\", \"content\", \"calls\": [...]}.", sortOptions = false)
final class InspectCalls implements Callable<Integer> {

    private final Workplace workplace;

    @Option(names = "--text-file", required = true, paramLabel = "F", description = "A file with what the model wrote, control tokens as they are spelled.")
    @Nullable
    Path textFile;

    @Option(names = "--dialect", paramLabel = "ID", description = "How it is written; lfm2 if not given.")
    String dialect = "lfm2";

    @Option(names = "--tools", paramLabel = "FILE", description = "JSON definitions of the tools: their schemas name the arguments that a Python call does not.")
    @Nullable
    Path tools;

    @Option(names = "--batch", description = "The file holds a JSON array of texts; the result is an array too.")
    boolean batch;

    InspectCalls(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Dialect chosen = workplace.dialects().stream().filter(one -> one.id().equals(dialect)).findFirst()
                .orElseThrow(() -> new MillraceException("There is no dialect " + dialect + "; present are "
                        + workplace.dialects().stream().map(Dialect::id).sorted().collect(Collectors.joining(", "))
                        + "."));
        Path file = Objects.requireNonNull(textFile);
        List<ToolDefinition> offered = tools == null ? List.of() : ToolFile.read(tools);
        if (batch) {
            return Cases.run(workplace.console(), file, input -> parts(chosen, Cases.text(input), offered));
        }
        workplace.console().result(Json.write(parts(chosen, TextFile.read(file), offered)));
        return ExitCode.DONE;
    }

    private Map<String, @Nullable Object> parts(Dialect chosen, String text, List<ToolDefinition> offered) {
        ParsedAnswer answer = ParsedAnswer.of(chosen, text, offered);
        for (DialectEvent.Problem problem : answer.problems()) {
            workplace.console().note("millrace: not understood: " + problem.message());
        }
        return Cases.object("reasoning", answer.reasoning(), "content", answer.content(), "calls",
                answer.calls().stream().map(AnswerJson::call).toList());
    }
}
