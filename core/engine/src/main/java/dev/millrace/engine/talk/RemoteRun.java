/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Timings;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.Usage;
import dev.millrace.engine.tools.ResultBudget;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import dev.millrace.spi.text.DialectEvent;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Has a model elsewhere give one answer: sends the conversation, takes what the model says, runs the tools that it calls, and again,
 * until it has said all. Runs on the answer's own thread.
 */
final class RemoteRun {

    private final RemoteParts model;
    private final Dialogue dialogue;
    private final ConversationOptions options;
    private final RemoteWishes wishes;
    private final Set<String> ids = new HashSet<>();
    private final long started = System.nanoTime();
    private long firstToken;
    /** When something was said in this turn, first and last; 0 if nothing was. */
    private long firstSaid;
    private long lastSaid;
    private long prefill;
    private int prefilled;
    private long decode;
    private long tools;
    private int promptTokens;
    private int cachedTokens;
    private int completionTokens;
    private Optional<String> stopString = Optional.empty();

    RemoteRun(RemoteParts model, Dialogue dialogue, ConversationOptions options, RemoteWishes wishes) {
        this.model = model;
        this.dialogue = dialogue;
        this.options = options;
        this.wishes = wishes;
    }

    /**
     * Answers.
     *
     * @param log gets the events
     * @param before number of messages before the answer was asked for
     */
    void run(LiveGeneration log, int before) {
        try {
            FinishReason reason = rounds(log);
            Usage usage = new Usage(promptTokens, cachedTokens, completionTokens);
            dialogue.answered();
            model.meters().answered(reason, usage);
            log.finish(new Event.Finished(reason, usage, timings(), stopString));
        } catch (Throwable e) {
            dialogue.failed(before);
            model.meters().answerFailed();
            log.fail(e instanceof RuntimeException known ? known : new MillraceException("The answer failed: " + e, e));
        }
    }

    private Timings timings() {
        return new Timings(Duration.ofNanos(firstToken), Duration.ofNanos(prefill), prefilled, Duration.ofNanos(decode),
                completionTokens, Duration.ofNanos(tools));
    }

    private FinishReason rounds(LiveGeneration log) {
        ToolRun toolRun = new ToolRun(options, dialogue.id(), model.meters(),
                new ResultBudget(RemoteParts::estimate, model.info().get().contextLength()), log);
        for (int round = 0;; round++) {
            List<Message> messages = dialogue.messages();
            messages.forEach(message -> message.toolCalls().forEach(call -> ids.add(call.id())));
            Said said = new Said(options, this::id, log);
            boolean goesOn = messages.getLast().role() == Message.Role.ASSISTANT;
            if (goesOn) {
                begin(said, messages.getLast());
            }
            FinishReason reason = speak(said, messages, round, log);
            said.end(reason);
            if (goesOn) {
                dialogue.replaceLast(said.message());
            } else {
                dialogue.add(said.message());
            }
            if (!said.wantsTools()) {
                stopString = said.stopString();
                return said.reason();
            }
            boolean spent = completionTokens >= options.maxTokens();
            long start = System.nanoTime();
            ToolRun.Outcome outcome = toolRun.after(said, round, spent);
            tools += System.nanoTime() - start;
            outcome.messages().forEach(dialogue::add);
            if (isOver(log)) {
                return whyOver(log);
            }
            if (outcome.end().isPresent()) {
                return outcome.end().get();
            }
        }
    }

    private static void begin(Said said, Message beginning) {
        said.begun(true);
        if (beginning.thinking() != null) {
            said.found(new DialectEvent.Thinking(beginning.thinking()));
        }
        said.found(new DialectEvent.Text(beginning.content()));
        said.begun(false);
    }

    /** Names a call as the other side did, unless that name is taken or there is none. */
    private String id(String given) {
        if (!given.isEmpty() && ids.add(given)) {
            return given;
        }
        String own;
        do {
            own = dialogue.nextCallId();
        } while (!ids.add(own));
        return own;
    }

    private FinishReason speak(Said said, List<Message> messages, int round, LiveGeneration log) {
        long start = System.nanoTime();
        firstSaid = 0;
        List<ToolDefinition> offered = options.offered(messages);
        // what the model has to call, it has called in the first round
        ToolChoice choice = round == 0 ? wishes.choice() : ToolChoice.AUTO;
        OptionalInt most = options.maxTokens() == Integer.MAX_VALUE
                ? OptionalInt.empty()
                : OptionalInt.of(Math.max(1, options.maxTokens() - completionTokens));
        Question question = new Question(messages, offered, choice, wishes.strict(),
                Optional.of(options.sampling()).filter(own -> !own.equals(model.defaults())), most,
                options.stop().texts(), options.reasoning(), wishes.format(), timeLeft(), options.logprobs());
        FinishReason reason;
        try {
            if (isOver(log)) {
                return whyOver(log);
            }
            Reply reply = model.speaker().answer(question, new RemoteModel.Listener() {

                @Override
                public boolean said(DialectEvent event) {
                    heard(start);
                    said.found(event);
                    return !said.isStopped() && !isOver(log);
                }

                @Override
                public void scored(TokenScore score) {
                    said.score(score);
                }
            }, log::add);
            reason = isOver(log) ? whyOver(log) : reply.reason();
            promptTokens = reply.usage().promptTokens();
            cachedTokens += reply.usage().cachedTokens();
            completionTokens += reply.usage().completionTokens();
            prefilled += reply.usage().promptTokens() - reply.usage().cachedTokens();
        } catch (InterruptedException e) {
            reason = FinishReason.CANCELLED;
            if (!log.isCancelled()) {
                Thread.currentThread().interrupt();
            }
        }
        if (firstSaid == 0) {
            prefill += System.nanoTime() - start;
        } else {
            decode += System.nanoTime() - firstSaid;
        }
        return reason;
    }

    private Optional<Duration> timeLeft() {
        return options.deadline().map(time -> time.minusNanos(System.nanoTime() - started));
    }

    /** Something was said. */
    private void heard(long start) {
        long now = System.nanoTime();
        if (firstSaid != 0) {
            model.meters().token(now - lastSaid);
        } else {
            firstSaid = now;
            prefill += now - start;
            if (firstToken == 0) {
                firstToken = now - started;
                model.meters().firstToken(firstToken);
            } else {
                model.meters().tokenAfterTools();
            }
        }
        lastSaid = now;
    }

    private boolean isOver(LiveGeneration log) {
        return log.isCancelled() || timeLeft().filter(left -> !left.isPositive()).isPresent();
    }

    private static FinishReason whyOver(LiveGeneration log) {
        return log.isCancelled() ? FinishReason.CANCELLED : FinishReason.DEADLINE;
    }
}
