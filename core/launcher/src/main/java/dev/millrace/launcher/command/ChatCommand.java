/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Model;
import dev.millrace.api.ToolApprover;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A conversation with a person, or with a script that pipes its lines. */
@Command(name = "chat", description = "Talk to a model; /help tells what else can be said.", sortOptions = false)
final class ChatCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Mixin
    private final SamplingChoice sampling = new SamplingChoice();

    @Mixin
    private final OfferedTools tools = new OfferedTools();

    @Option(names = "--system", paramLabel = "TEXT", description = "A system message.")
    @Nullable
    String system;

    @Option(names = "--restore", paramLabel = "FILE", description = "Continue what /save has saved.")
    @Nullable
    Path restore;

    ChatCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Console console = workplace.console();
        try (tools;
                Model model = workplace.open(choice);
                ChatInput input = ChatInput.of(console, ChatSession.COMMANDS);
                ChatSession session = new ChatSession(workplace, model, approver -> start(model, approver), input)) {
            // a person has seen what failed, a script has not
            return session.run() || console.inTerminal() ? ExitCode.DONE : ExitCode.FAILED;
        }
    }

    private Conversation start(Model model, ToolApprover approver) {
        Conversation.Builder builder = model.conversation().sampling(sampling.apply(model.defaults()))
                .reasoning(sampling.reasoning()).approver(approver).user(ConsoleApprover.user());
        tools.apply(builder, workplace);
        tools.hold(builder);
        if (system != null) {
            builder.system(system);
        }
        if (restore != null) {
            builder.restore(restore);
        }
        return builder.start();
    }
}
