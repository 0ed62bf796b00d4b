/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolCall;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One answer. */
@Command(name = "run", description = {"Answer one prompt.",
        "The answer goes to standard output; thinking, tool calls and their results to standard error."}, sortOptions = false)
final class RunCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Mixin
    private final SamplingChoice sampling = new SamplingChoice();

    @Mixin
    private final OfferedTools offered = new OfferedTools();

    @Option(names = "--system", paramLabel = "TEXT", description = "A system message.")
    @Nullable
    String system;

    @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens that the answer may have.")
    @Nullable
    Integer maxTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "A text that ends the answer and is no part of it; may be given several times.")
    List<String> stop = List.of();

    @Option(names = "--begin", paramLabel = "TEXT", description = "The beginning of the answer: the model goes on with it.")
    @Nullable
    String begin;

    @Option(names = "--tools", paramLabel = "FILE.json", description = "Tools to tell the model of, a JSON array; calls end the answer and are shown, not run. Without it the model has the tools that it was made for, and those of MILLRACE_BUNDLES.")
    @Nullable
    Path tools;

    @Mixin
    private final FormatChoice format = new FormatChoice();

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Parameters(paramLabel = "PROMPT", arity = "0..*", hideParamSyntax = true, description = "What to say to the model; - reads it from standard input. One that begins with a dash comes last, behind --.")
    List<String> words = List.of();

    private volatile @Nullable AnswerView shown;
    /** What a person types when asked about calls. */
    private volatile @Nullable PipedLines typed;

    RunCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Console console = workplace.console();
        if (maxTokens != null && maxTokens < 1) {
            throw choice.wrong("--max-tokens must be 1 or more");
        }
        if (stop.contains("")) {
            throw choice.wrong("--stop must not be empty");
        }
        String said = prompt(console);
        long begin = System.nanoTime();
        try (offered; Model model = workplace.open(choice)) {
            Duration load = Duration.ofNanos(System.nanoTime() - begin);
            try (Conversation conversation = converse(model);
                    Generation generation = conversation.send(messages(said))) {
                if (json) {
                    console.result(AnswerJson.write(generation.answer(), load));
                } else {
                    AnswerView view = new AnswerView(console);
                    shown = view;
                    for (Event event : generation) {
                        view.show(event);
                    }
                }
            }
        }
        return ExitCode.DONE;
    }

    /** Asks the person at the terminal about a call. */
    private @Nullable String ask(ToolCall call, String question) throws IOException, InterruptedException {
        AnswerView view = shown;
        if (view == null) {
            return asked(question);
        }
        view.restAfter(call);
        try {
            return asked(question);
        } finally {
            view.goOn();
        }
    }

    private @Nullable String asked(String question) throws IOException, InterruptedException {
        Console console = workplace.console();
        console.err().print(question);
        console.err().flush();
        PipedLines lines = typed;
        if (lines == null) {
            lines = new PipedLines(console.in());
            typed = lines;
        }
        try {
            return lines.next();
        } catch (InterruptedException e) {
            console.note("");
            throw e;
        }
    }

    private List<Message> messages(String said) {
        return begin == null || begin.isEmpty()
                ? List.of(Message.user(said))
                : List.of(Message.user(said), Message.assistant(begin));
    }

    private String prompt(Console console) throws IOException {
        if (words.size() != 1) {
            throw choice.wrong(words.isEmpty()
                    ? "the prompt is missing"
                    : "the prompt is one argument: put quotes around it");
        }
        String said = Prompt.typed(words.getFirst());
        if (said.equals(Prompt.STANDARD_INPUT)) {
            return Prompt.read(console.in());
        }
        if (Prompt.isBlank(said)) {
            throw choice.wrong("the prompt is blank");
        }
        return said;
    }

    private Conversation converse(Model model) throws IOException {
        Sampling chosen = sampling.apply(model.defaults());
        Conversation.Builder builder = model.conversation().sampling(chosen).reasoning(sampling.reasoning())
                .format(format.read(choice)).user(ConsoleApprover.user());
        if (workplace.console().inTerminal() && workplace.console().errTerminal()) {
            builder.approver(new ConsoleApprover(this::ask));
        }
        if (system != null) {
            builder.system(system);
        }
        if (maxTokens != null) {
            builder.maxTokens(maxTokens);
        }
        if (!stop.isEmpty()) {
            builder.stop(stop);
        }
        offered.hold(builder);
        if (tools == null) {
            Set<String> told = offered.apply(builder, workplace);
            if (!told.isEmpty()) {
                workplace.console().note("with the tools of " + String.join(", ", told));
            }
        } else {
            builder.declare(ToolFile.read(tools));
        }
        return builder.start();
    }
}
