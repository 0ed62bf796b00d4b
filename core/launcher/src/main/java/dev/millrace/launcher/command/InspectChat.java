/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.text.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How messages become a prompt. */
@Command(name = "chat", description = "Render a chat template; the text goes out as it is.", sortOptions = false)
final class InspectChat implements Callable<Integer> {

    private final Workplace workplace;

    @Option(names = "--template", required = true, paramLabel = "F.jinja", description = "The template.")
    @Nullable
    Path template;

    @Option(names = "--input", required = true, paramLabel = "F.json", description = "Its variables: messages, tools, add_generation_prompt and others.")
    @Nullable
    Path input;

    @Option(names = "--batch", description = "The input holds a JSON array of variables; the result is a JSON array of texts.")
    boolean batch;

    InspectChat(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Path templateFile = Objects.requireNonNull(template);
        Path inputFile = Objects.requireNonNull(input);
        String source = TextFile.forPrograms(templateFile);
        ChatTemplate compiled;
        try {
            compiled = ChatTemplate.compile(source);
        } catch (MillraceException e) {
            throw new MillraceException(templateFile + ": " + e.getMessage(), e);
        }
        Object variables = TextFile.json(inputFile);
        Console console = workplace.console();
        if (variables instanceof List<?> cases) {
            return Cases.run(console, cases, one -> render(compiled, one));
        } else if (batch) {
            throw new MillraceException(inputFile + " must hold a JSON array of inputs for --batch.");
        } else {
            // exactly the text, without a line end added
            console.piece(render(compiled, variables));
        }
        return ExitCode.DONE;
    }

    private static String render(ChatTemplate template, @Nullable Object variables) {
        if (!(variables instanceof Map<?, ?> map)) {
            throw new MillraceException("Expected a JSON object of variables, with messages among them.");
        }
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        map.forEach((name, value) -> named.put(String.valueOf(name), value));
        return template.render(named);
    }
}
