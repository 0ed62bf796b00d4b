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
import dev.millrace.api.Usage;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.engine.schedule.Wish;
import dev.millrace.spi.backend.Step;
import dev.millrace.text.prompt.Prompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Generates one answer: writes the prompt, reads it, lets the model speak, runs the tools that it calls, and again, until it
 * has said all. Runs on the answer's own thread.
 */
final class AnswerRun {

    private final ModelParts model;
    private final LiveConversation conversation;
    private final ConversationOptions options;
    private final PromptCache cache;
    private final Stages stages;

    /** Characters. */
    private static final int LONG_TEXT = 1 << 20;

    private final long started = System.nanoTime();
    private long firstToken;
    private long prefill;
    private int prefilled;
    private long decode;
    private long tools;
    private int promptTokens;
    private int cachedTokens;
    private int completionTokens;

    AnswerRun(ModelParts model, LiveConversation conversation, ConversationOptions options, PromptCache cache,
            Stages stages) {
        this.model = model;
        this.conversation = conversation;
        this.options = options;
        this.cache = cache;
        this.stages = stages;
    }

    /**
     * Generates.
     *
     * @param log gets the events
     * @param before number of messages before the answer was asked for
     */
    void run(LiveGeneration log, int before) {
        Event.Finished end = null;
        RuntimeException problem = null;
        try {
            FinishReason reason = rounds(log);
            end = new Event.Finished(reason, new Usage(promptTokens, cachedTokens, completionTokens), timings());
        } catch (Throwable e) {
            problem = failure(e);
        }
        // whatever happens here, the answer ends
        try {
            if (problem == null) {
                cache.rest();
            } else {
                cache.drop();
            }
        } catch (Throwable e) {
            problem = problem == null ? failure(e) : problem;
        }
        if (end == null || problem != null) {
            conversation.failed(before);
            log.fail(problem == null ? new MillraceException("The answer ended without saying why.") : problem);
        } else {
            conversation.answered();
            log.finish(end);
        }
    }

    private static RuntimeException failure(Throwable problem) {
        return problem instanceof RuntimeException known
                ? known
                : new MillraceException("The answer failed: " + problem, problem);
    }

    private Timings timings() {
        return new Timings(Duration.ofNanos(firstToken), Duration.ofNanos(prefill), prefilled, Duration.ofNanos(decode),
                completionTokens, Duration.ofNanos(tools));
    }

    private FinishReason rounds(LiveGeneration log) {
        ToolRun toolRun = new ToolRun(options);
        for (int round = 0;; round++) {
            checkLength(conversation.messages());
            Prompt prompt = model.prompts().write(conversation.messages(), options.definitions(), true);
            Slot slot = take(prompt.ids(), log);
            TokenSampler sampler = new TokenSampler(options.sampling(), options.seed(), model.info().vocabularySize(),
                    stages);
            stages.begin(slot, round);
            Step step = read(slot, sampler.after(slot), log);
            if (log.isCancelled() || step == null) {
                return FinishReason.CANCELLED;
            }
            if (round == 0) {
                cache.mark();
            }
            Turn turn = speak(slot, step, sampler, prompt, log);
            conversation.add(turn.message());
            if (!turn.wantsTools()) {
                return turn.reason();
            }
            boolean spent = completionTokens >= options.maxTokens();
            boolean mayRun = turn.reason() == FinishReason.STOP && round < options.maxToolSteps() && !spent;
            long start = System.nanoTime();
            ToolRun.Outcome outcome = mayRun
                    ? toolRun.run(turn, log)
                    : toolRun.leave(turn, "Not run: the answer had to end.", log);
            tools += System.nanoTime() - start;
            outcome.messages().forEach(conversation::add);
            if (log.isCancelled()) {
                return FinishReason.CANCELLED;
            }
            if (outcome.callerRunsSome()) {
                // an answer that was cut may have lost calls: the caller must know
                return turn.reason() == FinishReason.STOP ? FinishReason.TOOL_CALLS : turn.reason();
            }
            if (!mayRun) {
                if (turn.reason() != FinishReason.STOP) {
                    return turn.reason();
                }
                return spent ? FinishReason.LENGTH : FinishReason.TOOL_LIMIT;
            }
        }
    }

    /**
     * Counts the tokens of very long texts, such as a file that is piped in, before anything is made of them: what the chat
     * template may work on has a limit of its own, which says nothing to whoever sent them.
     */
    private void checkLength(List<Message> messages) {
        long tokens = 0;
        for (Message message : messages) {
            String text = message.content();
            for (int from = 0; text.length() > LONG_TEXT && from < text.length(); from += LONG_TEXT) {
                tokens += model.tokenizer()
                        .encode(text.substring(from, Math.min(text.length(), from + LONG_TEXT))).length;
                if (tokens >= model.info().contextLength()) {
                    throw tooLong("more than " + tokens);
                }
            }
        }
    }

    private MillraceException tooLong(String tokens) {
        return new MillraceException("The conversation has become " + tokens + " tokens long and the context holds "
                + model.info().contextLength()
                + ": rewind it, start a new one, or open the model with a larger context.");
    }

    private Slot take(int[] ids, LiveGeneration log) {
        if (ids.length >= model.info().contextLength()) {
            throw tooLong("" + ids.length);
        }
        Slot slot = cache.take(ids);
        promptTokens = ids.length;
        int before = prefilled;
        if (slot.read() == 0) {
            slot = begin(slot, ids, log);
        }
        cachedTokens += slot.read() - (prefilled - before);
        return slot;
    }

    /** Reads the beginning that other conversations share by itself, or takes it over if it is known. */
    private Slot begin(Slot empty, int[] ids, LiveGeneration log) {
        int[] beginning = sharedBeginning(ids);
        if (beginning.length < Prefixes.LEAST_TOKENS) {
            return empty;
        }
        Slot known = model.prefixes().find(beginning);
        if (known != null) {
            cache.replace(known);
            known.prompt(ids);
            return known;
        }
        String key = model.prefixes().key();
        empty.prompt(beginning);
        read(empty, Wish.NOTHING, log);
        if (!log.isCancelled()) {
            model.prefixes().keep(empty, key);
        }
        empty.prompt(ids);
        return empty;
    }

    /** What comes before the first words of the user: the common beginning of this prompt and of two that begin otherwise. */
    private int[] sharedBeginning(int[] ids) {
        List<Message> messages = conversation.messages();
        int user = 0;
        while (user < messages.size() && messages.get(user).role() != Message.Role.USER) {
            user++;
        }
        if (user == messages.size()) {
            return new int[0];
        }
        int shared = ids.length - 1;
        for (String other : List.of("0", "?")) {
            List<Message> probe = new ArrayList<>(messages.subList(0, user));
            probe.add(Message.user(other));
            int[] otherIds = model.prompts().write(probe, options.definitions(), true).ids();
            int differs = Arrays.mismatch(ids, otherIds);
            shared = Math.min(shared, differs < 0 ? ids.length - 1 : differs);
        }
        return Arrays.copyOf(ids, shared);
    }

    private @Nullable Step read(Slot slot, Wish wish, LiveGeneration log) {
        long start = System.nanoTime();
        int unread = slot.length() - slot.read();
        Step step = model.scheduler().read(slot, wish, log::isCancelled);
        prefill += System.nanoTime() - start;
        prefilled += unread;
        return step;
    }

    /** Lets the model speak until it ends its turn, or has to end. */
    private Turn speak(Slot slot, Step first, TokenSampler sampler, Prompt prompt, LiveGeneration log) {
        Turn turn = new Turn(model.dialect().parser(prompt.insideThinking()), model.tokenizer(), options,
                conversation::nextCallId, log);
        int context = model.info().contextLength();
        long start = System.nanoTime();
        @Nullable
        Step step = first;
        while (true) {
            if (log.isCancelled() || step == null) {
                turn.end(FinishReason.CANCELLED);
                break;
            }
            int token = sampler.choose(step, slot);
            stages.accept(token);
            if (completionTokens++ == 0) {
                firstToken = System.nanoTime() - started;
            }
            if (model.endTokens().contains(token)) {
                turn.end(FinishReason.STOP);
                break;
            }
            turn.token(token);
            if (turn.isStopped()) {
                turn.end(FinishReason.STOP_STRING);
                break;
            }
            if (completionTokens >= options.maxTokens()) {
                turn.end(FinishReason.LENGTH);
                break;
            }
            slot.append(token);
            if (slot.length() >= context) {
                turn.end(FinishReason.CONTEXT_FULL);
                break;
            }
            step = model.scheduler().read(slot, sampler.after(slot), log::isCancelled);
        }
        decode += System.nanoTime() - start;
        return turn;
    }
}
