/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One chat: what a person says goes to the model, what begins with a slash is done here. For one thread. */
final class ChatSession implements AutoCloseable {

    static final List<String> COMMANDS = List.of("/help", "/tools", "/fork", "/back", "/rewind", "/save", "/backend",
            "/quit");

    private static final String HELP = """
            /tools           tools that the model may call
            /fork            try something from here on; /back returns to this point
            /back            leave the fork
            /rewind [N]      forget the last exchange, or the last N
            /save FILE       save the conversation; continue it with chat --restore FILE
            /backend [ID]    show the devices, or move the model to one
            /quit            end; so does Ctrl-D. Ctrl-C cancels an answer""";

    private final Workplace workplace;
    private final Console console;
    private final Model model;
    private final ChatInput input;
    private final Deque<Conversation> conversations = new ArrayDeque<>();
    private volatile @Nullable AnswerView shown;

    /**
     * A chat.
     *
     * @param conversation begins the conversation, whose calls are asked about here
     */
    ChatSession(Workplace workplace, Model model, Function<ToolApprover, Conversation> conversation, ChatInput input) {
        this.workplace = workplace;
        this.console = workplace.console();
        this.model = model;
        this.input = input;
        conversations.push(conversation.apply(new ConsoleApprover(this::ask)));
    }

    /**
     * Talks until the end of the input or {@code /quit}. What fails is said, and the talk goes on.
     *
     * @return whether all went well
     * @throws IOException if the input cannot be read
     */
    boolean run() throws IOException {
        if (console.inTerminal()) {
            console.note(console.dimmed(model.info().name() + " on " + model.device().id() + "; /help tells more"));
        }
        boolean well = true;
        for (String line = input.next(); line != null; line = input.next()) {
            String said = line.strip();
            if (said.equals("/quit") || said.equals("/exit")) {
                break;
            }
            try {
                if (said.startsWith("/")) {
                    command(said);
                } else if (!Prompt.isBlank(said)) {
                    answer(said);
                }
            } catch (MillraceException | IllegalArgumentException e) {
                console.note("millrace: " + e.getMessage());
                well = false;
            }
        }
        return well;
    }

    private void answer(String said) {
        try (Generation generation = conversation().send(said)) {
            input.onInterrupt(generation::cancel);
            AnswerView view = new AnswerView(console);
            shown = view;
            for (Event event : generation) {
                view.show(event);
            }
        } finally {
            input.endOnInterrupt();
        }
    }

    /** Asks the person, or the pipe, about a call. */
    @Nullable
    String ask(ToolCall call, String question) throws IOException, InterruptedException {
        AnswerView view = shown;
        if (view == null) {
            return input.ask(question);
        }
        view.restAfter(call);
        try {
            return input.ask(question);
        } finally {
            view.goOn();
        }
    }

    private Conversation conversation() {
        return conversations.getFirst();
    }

    private void command(String said) {
        String[] words = said.split("\\s+", 2);
        String argument = words.length > 1 ? words[1] : "";
        switch (words[0]) {
            case "/help" -> console.note(HELP);
            case "/tools" -> tools();
            case "/fork" -> {
                conversations.push(conversation().fork());
                console.note("forked; /back returns to this point");
            }
            case "/back" -> back();
            case "/rewind" -> rewind(argument);
            case "/save" -> save(argument);
            case "/backend" -> backend(argument);
            default -> throw new IllegalArgumentException("There is no " + words[0] + "; /help tells what there is.");
        }
    }

    /** What the model is told of, and then what else is there. */
    private void tools() {
        Set<String> told = new HashSet<>();
        for (ToolDefinition tool : conversation().tools()) {
            told.add(tool.name());
            console.note(String.format(Locale.ROOT, "%-20s %s", tool.name(), tool.description()));
        }
        if (told.isEmpty()) {
            console.note("the model is told of no tools");
        }
        for (ToolProvider provider : workplace.engine().toolProviders()) {
            String others;
            try {
                others = provider.tools().stream().map(tool -> tool.definition().name())
                        .filter(name -> !told.contains(name)).collect(Collectors.joining(", "));
            } catch (RuntimeException | LinkageError e) {
                console.note("the tools of " + provider.name() + " cannot be listed: " + e.getMessage());
                continue;
            }
            if (!others.isEmpty()) {
                console.note("not told of: " + others + "; with --with-tools " + provider.name() + " it is");
            }
        }
    }

    private void back() {
        if (conversations.size() == 1) {
            throw new IllegalArgumentException("There is no fork to leave.");
        }
        conversations.pop().close();
        console.note("back where the fork began");
    }

    private void rewind(String argument) {
        List<Message> messages = conversation().messages();
        int wanted;
        try {
            wanted = argument.isEmpty() ? 1 : Integer.parseInt(argument);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("/rewind takes a number of exchanges, not " + argument + ".", e);
        }
        int keep = messages.size();
        int forgotten = 0;
        while (forgotten < wanted && keep > 0) {
            keep--;
            if (messages.get(keep).role() == Message.Role.USER) {
                forgotten++;
            }
        }
        if (forgotten == 0) {
            throw new IllegalArgumentException("There is nothing to forget.");
        }
        if (messages.get(keep).role() == Message.Role.SYSTEM) {
            keep++;
        }
        conversation().rewind(keep);
        console.note("forgot " + (forgotten == 1 ? "the last exchange" : "the last " + forgotten + " exchanges"));
    }

    private void save(String argument) {
        if (argument.isEmpty()) {
            throw new IllegalArgumentException("/save takes the name of a file.");
        }
        try {
            conversation().save(Path.of(argument));
            console.note("saved to " + argument);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("This is not a file name: " + argument + ".", e);
        }
    }

    private void backend(String argument) {
        if (!argument.isEmpty()) {
            model.moveTo(argument);
        }
        for (Device device : workplace.engine().devices()) {
            String mark = device.id().equals(model.device().id()) ? "*" : " ";
            console.note(mark + " " + device.id() + "  " + device.description());
        }
    }

    @Override
    public void close() {
        while (!conversations.isEmpty()) {
            conversations.pop().close();
        }
    }
}
