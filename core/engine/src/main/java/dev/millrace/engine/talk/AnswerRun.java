/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.PromptProgress;
import dev.millrace.api.Timings;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.Usage;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.cache.PromptCache;
import dev.millrace.engine.draft.Drafts;
import dev.millrace.engine.observe.FlightEvent;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.sample.ThinkingControl;
import dev.millrace.engine.sample.TokenSampler;
import dev.millrace.engine.sample.TokenScorer;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.engine.schedule.Wish;
import dev.millrace.engine.tools.ResultBudget;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.WatchingStage;
import dev.millrace.text.prompt.Prompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Generates one answer: writes the prompt, reads it, lets the model speak, runs the tools that it calls, and again, until it
 * has said all. Runs on the answer's own thread.
 */
final class AnswerRun {

    private final ModelParts model;
    private final Dialogue dialogue;
    private final ConversationOptions options;
    private final PromptCache cache;
    private final Stages stages;
    private final OtherAnswers others;
    private final ThinkingControl thinking;
    private final Optional<TokenScorer> scorer;

    /** Characters. */
    private static final int LONG_TEXT = 1 << 20;

    private final long started = System.nanoTime();
    private final long deadline;
    /** Tools that the model is told of now. */
    private List<ToolDefinition> offered = List.of();
    private long firstToken;
    /** When the last token was chosen; 0 if something else came after it. */
    private long lastToken;
    private long prefill;
    private int prefilled;
    private long decode;
    private long tools;
    private int promptTokens;
    private int cachedTokens;
    private int completionTokens;
    private int draftedTokens;
    private int acceptedTokens;
    private Optional<String> stopString = Optional.empty();

    /**
     * An answer that is not begun.
     *
     * @param others answers to the same prompt, begun once it is read
     */
    AnswerRun(ModelParts model, Dialogue dialogue, ConversationOptions options, PromptCache cache,
            Stages stages, OtherAnswers others) {
        this.model = model;
        this.dialogue = dialogue;
        this.options = options;
        this.cache = cache;
        this.others = others;
        // a time without end is longer than the clock runs
        this.deadline = started + options.deadline().map(AnswerRun::nanos).orElse(Long.MAX_VALUE / 2);
        this.thinking = new ThinkingControl(model.stageContext(options), model.dialect().thinkingMarks(),
                options.reasoning());
        this.stages = stages.and(thinking);
        this.scorer = options.logprobs().isEmpty()
                ? Optional.empty()
                : Optional.of(new TokenScorer(model.tokenizer(), model.info().vocabularySize(),
                        options.logprobs().getAsInt()));
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
            end = new Event.Finished(reason,
                    new Usage(promptTokens, cachedTokens, completionTokens, draftedTokens, acceptedTokens), timings(),
                    stopString);
        } catch (Throwable e) {
            problem = failure(e);
        }
        // whatever happens here, the answer ends, and so do the others
        try {
            others.start(null, cache);
            // before the end is told: whoever has seen it may close the model
            if (problem == null) {
                cache.rest();
            } else {
                cache.drop();
            }
        } catch (Throwable e) {
            problem = problem == null ? failure(e) : problem;
        }
        if (end == null || problem != null) {
            dialogue.failed(before);
            model.meters().answerFailed();
            log.fail(problem == null ? new MillraceException("The answer ended without saying why.") : problem);
        } else {
            dialogue.answered();
            model.meters().answered(end.reason(), end.usage());
            log.finish(end);
        }
    }

    private static RuntimeException failure(Throwable problem) {
        return problem instanceof RuntimeException known
                ? known
                : new MillraceException("The answer failed: " + problem, problem);
    }

    private static long nanos(Duration time) {
        return time.compareTo(Duration.ofDays(1000)) > 0 ? Long.MAX_VALUE / 2 : time.toNanos();
    }

    private boolean isOver(LiveGeneration log) {
        return log.isCancelled() || System.nanoTime() - deadline >= 0;
    }

    private static FinishReason whyOver(LiveGeneration log) {
        return log.isCancelled() ? FinishReason.CANCELLED : FinishReason.DEADLINE;
    }

    private Timings timings() {
        return new Timings(Duration.ofNanos(firstToken), Duration.ofNanos(prefill), prefilled, Duration.ofNanos(decode),
                completionTokens, Duration.ofNanos(tools));
    }

    private FinishReason rounds(LiveGeneration log) {
        ToolRun toolRun = new ToolRun(options, dialogue.id(), model.meters(),
                new ResultBudget(text -> model.tokenizer().encode(text).length, model.info().contextLength()), log);
        for (int round = 0;; round++) {
            List<Message> messages = dialogue.messages();
            offered = options.offered(messages);
            Prompt prompt;
            try {
                prompt = prompt(messages);
            } catch (TooLongException e) {
                if (round == 0) {
                    throw e;
                }
                // what tools said fills the context: what the model has said until then stands
                return FinishReason.CONTEXT_FULL;
            }
            Slot slot = take(prompt.ids(), round == 0, log);
            share(slot, prompt.ids(), log);
            TokenSampler sampler = new TokenSampler(options.sampling(), options.seed(), model.info().vocabularySize(),
                    stages, scorer);
            Turn turn = begin(slot, prompt, round, log);
            Step step = read(slot, sampler.after(slot), log);
            if (isOver(log) || step == null) {
                return whyOver(log);
            }
            if (round == 0) {
                cache.markPrompt();
            }
            speak(turn, slot, step, sampler, log);
            if (messages.getLast().role() == Message.Role.ASSISTANT) {
                dialogue.replaceLast(turn.message());
            } else {
                dialogue.add(turn.message());
            }
            if (!turn.wantsTools()) {
                stopString = turn.said().stopString();
                return turn.reason();
            }
            boolean spent = completionTokens >= options.maxTokens();
            long start = System.nanoTime();
            ToolRun.Outcome outcome = toolRun.after(turn.said(), round, spent);
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

    /** What the model reads, which leaves room for a token at least. */
    private Prompt prompt(List<Message> messages) {
        checkLength(messages);
        Prompt prompt = model.prompt(messages, offered, options);
        if (prompt.ids().length >= model.info().contextLength()) {
            throw tooLong("" + prompt.ids().length);
        }
        return prompt;
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

    private TooLongException tooLong(String tokens) {
        return new TooLongException("The conversation has become " + tokens + " tokens long and the context holds "
                + model.info().contextLength()
                + ": rewind it, start a new one, or open the model with a larger context.");
    }

    /** What the prompt is read on, up to its end: what others may go on from has been read, and is kept. */
    private Slot take(int[] ids, boolean first, LiveGeneration log) {
        awaitExecutor(log);
        Slot slot = cache.take(ids);
        slot.priority(options.priority());
        log.waiting(slot::waitsFor);
        int cached = slot.read();
        log.reading(() -> Optional.of(
                new PromptProgress(ids.length, cached, Math.clamp(slot.read(), cached, ids.length))));
        promptTokens = ids.length;
        cachedTokens += cached;
        if (slot.read() == 0) {
            int beginning = sharedBeginning(ids);
            if (beginning >= Prefixes.LEAST_TOKENS && readTo(slot, ids, beginning, log)) {
                cache.share();
            }
        }
        for (int stop : cache.stops(slot.read(), ids.length, first ? lastQuestion(slot, ids) : List.of())) {
            if (readTo(slot, ids, stop, log)) {
                cache.mark();
            }
        }
        slot.prompt(ids);
        return slot;
    }

    /** What was read before is known again once there is an executor that has it. */
    private void awaitExecutor(LiveGeneration log) {
        if (!model.scheduler().hasExecutor()) {
            Slot nothing = model.scheduler().open();
            log.waiting(nothing::waitsFor);
            try {
                model.scheduler().read(nothing, Wish.NOTHING, () -> isOver(log), deadline);
            } finally {
                model.scheduler().close(nothing);
            }
        }
    }

    private boolean readTo(Slot slot, int[] ids, int end, LiveGeneration log) {
        if (isOver(log) || slot.read() >= end) {
            return false;
        }
        slot.prompt(Arrays.copyOf(ids, end));
        read(slot, Wish.NOTHING, log);
        return !isOver(log);
    }

    /** Tokens before the first words of the user. */
    private int sharedBeginning(int[] ids) {
        List<Message> messages = dialogue.messages();
        int user = 0;
        while (user < messages.size() && messages.get(user).role() != Message.Role.USER) {
            user++;
        }
        return before(messages, user, ids);
    }

    /** Tokens before the last words of the user, if there are enough behind them that it matters. */
    private List<Integer> lastQuestion(Slot slot, int[] ids) {
        List<Message> messages = dialogue.messages();
        int user = messages.size() - 1;
        while (user >= 0 && messages.get(user).role() != Message.Role.USER) {
            user--;
        }
        boolean matters = ids.length - slot.read() >= Prefixes.LEAST_TOKENS;
        return user < 0 || !matters ? List.of() : List.of(before(messages, user, ids));
    }

    /** What comes before the words of a message: the common beginning of this prompt and of two that have other words there. */
    private int before(List<Message> messages, int index, int[] ids) {
        if (index >= messages.size()) {
            return 0;
        }
        int shared = ids.length - 1;
        for (String other : List.of("0", "?")) {
            List<Message> probe = new ArrayList<>(messages.subList(0, index));
            probe.add(Message.user(other));
            int[] otherIds = model.prompt(probe, offered, options).ids();
            int differs = Arrays.mismatch(ids, otherIds);
            shared = Math.min(shared, differs < 0 ? ids.length - 1 : differs);
        }
        return shared;
    }

    private @Nullable Step read(Slot slot, Wish wish, LiveGeneration log) {
        FlightEvent event = FlightEvent.begin(FlightEvent.Kind.PREFILL);
        long start = System.nanoTime();
        int known = slot.read();
        int unread = slot.length() - known;
        Step step = model.scheduler().read(slot, wish, () -> isOver(log), deadline);
        prefill += System.nanoTime() - start;
        prefilled += unread;
        lastToken = 0;
        event.done(model.info().name(), unread, known);
        return step;
    }

    /** If others answer the same prompt: reads all that it has before the last token, after which each goes on by itself. */
    private void share(Slot slot, int[] ids, LiveGeneration log) {
        if (others.isEmpty()) {
            return;
        }
        int[] shared = Arrays.copyOf(ids, ids.length - 1);
        if (slot.read() < shared.length) {
            slot.prompt(shared);
            read(slot, Wish.NOTHING, log);
            slot.prompt(ids);
        }
        others.start(slot, cache);
    }

    /** All that looks at tokens is told of the prompt before it is read: what is wished for depends on it. */
    private Turn begin(Slot slot, Prompt prompt, int round, LiveGeneration log) {
        Turn turn = new Turn(model.dialect().parser(prompt.insideThinking(), options.definitions()), model.tokenizer(),
                options,
                dialogue::nextCallId, log);
        turn.begin(prompt.begun());
        stages.begin(slot, round);
        thinking.beginRound(turn.isThinking());
        return turn;
    }

    /** Lets the model speak until it ends its turn, or has to end. */
    private void speak(Turn turn, Slot slot, Step first, TokenSampler sampler, LiveGeneration log) {
        long start = System.nanoTime();
        @Nullable
        Step step = first;
        int asked = slot.length();
        Drafts drafts = model.speculation().begin();
        Optional<FinishReason> reason = jump(turn, slot);
        while (reason.isEmpty()) {
            if (slot.length() > asked) {
                sampler.after(slot);
                asked = slot.length();
                if (slot.row() < 0) {
                    drafts.guess(slot, Math.min(options.maxTokens() - completionTokens - 1,
                            model.info().contextLength() - asked));
                    step = model.scheduler().read(slot, sampler, () -> isOver(log), deadline);
                }
            }
            if (isOver(log) || step == null) {
                reason = Optional.of(whyOver(log));
            } else {
                reason = next(turn, slot, step, sampler, log);
            }
            if (reason.isEmpty()) {
                reason = jump(turn, slot);
            }
        }
        drafts.end(slot);
        draftedTokens += drafts.drafted();
        acceptedTokens += drafts.accepted();
        model.meters().drafted(drafts.drafted(), drafts.accepted());
        turn.end(reason.get());
        decode += System.nanoTime() - start;
    }

    private void count() {
        long now = System.nanoTime();
        if (completionTokens++ == 0) {
            firstToken = now - started;
            model.meters().firstToken(firstToken);
        } else if (lastToken == 0) {
            model.meters().tokenAfterTools();
        } else {
            model.meters().token(now - lastToken);
        }
        lastToken = now;
    }

    /** One more token. Gives the reason if it is the last. */
    private Optional<FinishReason> next(Turn turn, Slot slot, Step step, TokenSampler sampler, LiveGeneration log) {
        if (log.isAnswerWanted()) {
            thinking.stopThinking();
        }
        int forced = thinking.forced();
        return take(turn, slot, forced >= 0 ? forced : sampler.choose(step, slot.row(), slot), forced >= 0);
    }

    /** Takes what the form of the answer leaves no choice about: the model reads it together with the token before. */
    private Optional<FinishReason> jump(Turn turn, Slot slot) {
        // who wants to know how likely each token was has the model look at each
        if (scorer.isPresent() || thinking.forced() >= 0) {
            return Optional.empty();
        }
        Optional<FinishReason> reason = Optional.empty();
        for (int token : stages.forced(slot)) {
            reason = take(turn, slot, token, false);
            if (reason.isPresent() || thinking.forced() >= 0) {
                break;
            }
        }
        return reason;
    }

    /** Takes a token. Gives the reason if it is the last. */
    private Optional<FinishReason> take(Turn turn, Slot slot, int token, boolean forced) {
        WatchingStage.Verdict verdict = stages.accept(token);
        count();
        if (!forced && (model.endTokens().contains(token) || options.stopTokens().contains(token))) {
            return Optional.of(FinishReason.STOP);
        }
        turn.token(token, forced ? null : scorer.map(one -> one.score(token)).orElse(null));
        thinking.chosen(token, turn.isThinking());
        if (turn.isStopped()) {
            return Optional.of(FinishReason.STOP_STRING);
        }
        if (completionTokens >= options.maxTokens()) {
            return Optional.of(FinishReason.LENGTH);
        }
        if (verdict == WatchingStage.Verdict.END) {
            return Optional.of(FinishReason.LOOP);
        }
        if (verdict == WatchingStage.Verdict.CLOSE_THINKING && turn.isThinking()) {
            thinking.stopThinking();
        }
        slot.append(token);
        return slot.length() >= model.info().contextLength()
                ? Optional.of(FinishReason.CONTEXT_FULL)
                : Optional.empty();
    }

    /** The context does not hold the conversation. */
    private static final class TooLongException extends MillraceException {

        private static final long serialVersionUID = 1;

        TooLongException(String message) {
            super(message);
        }
    }
}
