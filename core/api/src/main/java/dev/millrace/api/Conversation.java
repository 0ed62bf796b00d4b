/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A conversation with a model: its messages, its tools, and what the model has read so far.
 *
 * <p>
 * One answer is generated at a time; everything else may be called from any thread. What was read is kept, so that a
 * further turn reads only what is new.
 */
@ProviderType
public interface Conversation extends AutoCloseable {

    /**
     * Adds a user message and starts the answer.
     *
     * @param text the user's words; text that spells a control token stays text
     * @return the answer as it comes
     * @throws IllegalStateException if the answer before is still being generated, or the conversation is closed
     */
    default Generation send(String text) {
        return send(List.of(Message.user(text)));
    }

    /**
     * Adds messages and starts the answer: tool results that the caller brings, or several messages at once.
     *
     * <p>
     * If the last one is the assistant's, it is the beginning of the answer, and the model goes on where it ends: in its text, or in
     * its thinking if there is no text yet. The events hold what comes then; the message that is kept holds all. To go on with an
     * answer that was cut, {@link #rewind} by its message and send that again.
     *
     * @param messages at least one, the last from the user, a tool, or the assistant without calls
     * @return the answer as it comes
     * @throws IllegalArgumentException if the messages are empty, or end with the system or with calls
     * @throws IllegalStateException if the answer before is still being generated, or the conversation is closed
     */
    default Generation send(List<Message> messages) {
        return send(messages, 1).getFirst();
    }

    /**
     * Adds messages and starts several answers to them; the prompt is read once. The first answer is the conversation's own. Each
     * other one comes of a fork, with a seed of its own, that is closed when the answer ends.
     *
     * @param messages as in {@link #send(List)}
     * @param answers how many, 1 or more
     * @return the answers as they come
     * @throws IllegalArgumentException as in {@link #send(List)}, or if fewer than one answer is asked for
     * @throws BusyException if the model generates as many answers as it may
     * @throws IllegalStateException if the answer before is still being generated, or the conversation is closed
     */
    List<Generation> send(List<Message> messages, int answers);

    /**
     * Adds a user message and waits for an answer that is a value. Whatever format the conversation has, this answer is held to the
     * schema of the type: thinking comes first and is free, then the model calls tools, if it has some, or writes the value.
     *
     * <pre>{@code
     * record Reading(double celsius, boolean alarm) {}
     *
     * Reading reading = conversation.ask("How warm is the boiler?", Reading.class);
     * }</pre>
     *
     * @param <T> the type
     * @param text the user's words
     * @param type a record, an enum or another type of {@link ValueType}
     * @return the value
     * @throws IllegalArgumentException if the type has no schema, or no plugin can hold the answer to it
     * @throws IllegalStateException if the answer before is still being generated, or the conversation is closed
     * @throws MillraceException if generating failed, the answer ended before the value was whole, or the type refuses it: the
     *             message names the reason
     */
    <T> T ask(String text, Class<T> type);

    /**
     * Its name, for guards and logs.
     *
     * @return a name that no other conversation of this runtime has; forks have names of their own
     */
    String id();

    /**
     * All messages so far, the system's first, with calls and results of finished rounds.
     *
     * @return a copy
     */
    List<Message> messages();

    /**
     * What the model is told of its tools now: of those that are run here first, then of those that the caller runs. Tools of plugins
     * come and go with them; the model is told so when the next answer begins.
     *
     * @return a list that does not change itself; empty if it has no tools
     */
    List<ToolDefinition> tools();

    /**
     * Counts the tokens that the model would have before it if it answered the messages so far: with the tools, as its
     * template writes them. Nothing is read or generated.
     *
     * @return the number of tokens; 1 or more
     * @throws MillraceException if the model's template refuses the messages
     * @throws IllegalArgumentException if a message has a lone surrogate
     */
    int promptTokens();

    /**
     * A second conversation that continues from here by itself and shares everything read so far.
     *
     * @return the new conversation, closed by the caller
     * @throws IllegalStateException if an answer is being generated, or the conversation is closed
     */
    Conversation fork();

    /**
     * Forgets everything after the first messages.
     *
     * @param messages how many messages to keep, 0 to the present number
     * @throws IllegalArgumentException if the number is out of range
     * @throws IllegalStateException if an answer is being generated, or the conversation is closed
     */
    void rewind(int messages);

    /**
     * Writes the conversation to a file, with the state of what was read, so that it continues at once after a restart
     * ({@link Builder#restore}). The file is replaced as a whole or not at all. Tools are code and are not saved.
     *
     * @param file where to
     * @throws MillraceException if it cannot be written
     * @throws IllegalStateException if an answer is being generated, or the conversation is closed
     */
    void save(Path file);

    /** Cancels a running answer and frees what was read. Closing twice does nothing. */
    @Override
    void close();

    /** Sets up a conversation. Not safe for use from several threads. */
    @ProviderType
    interface Builder {

        /**
         * The system message.
         *
         * @param text what the model should know of its place and task
         * @return this
         */
        Builder system(String text);

        /**
         * Messages that have been exchanged before.
         *
         * @param messages in order, after the system message
         * @return this
         */
        Builder messages(List<Message> messages);

        /**
         * Tools that are run when the model calls them. May be called several times. A provider is asked again when an answer begins:
         * the model is told what it has then. That of a plugin is the plugin's present one, also after an update; while there is none,
         * the model is not told of its tools, and calls of them are answered by an error that says so.
         *
         * @param providers tools; names must be unique over all of them
         * @return this
         */
        Builder tools(ToolProvider... providers);

        /**
         * The tools that come with a packaged model, if it names some and they are present.
         *
         * @return this
         */
        Builder suggestedTools();

        /**
         * Tools that the model may call but the caller runs: a call ends the answer with
         * {@link FinishReason#TOOL_CALLS}; the caller sends the results as messages.
         *
         * @param tools what the model is told
         * @return this
         */
        Builder declare(List<ToolDefinition> tools);

        /**
         * Asked before every tool call. May be called several times; all must allow.
         *
         * @param guard decides
         * @return this
         */
        Builder guard(ToolGuard guard);

        /**
         * Asks a person when a guard wants it. Without one, a call that needs a person's consent does not run.
         *
         * @param approver asks; the last one that is set
         * @return this
         */
        Builder approver(ToolApprover approver);

        /**
         * For whom the conversation is, for guards and logs.
         *
         * @param name of a person or a program; empty, as it is if not set, if nobody knows
         * @return this
         */
        Builder user(String name);

        /**
         * How tokens are chosen; the model's defaults if not set.
         *
         * @param sampling temperature and friends
         * @return this
         */
        Builder sampling(Sampling sampling);

        /**
         * The most tokens that one answer may have, over all its rounds.
         *
         * @param tokens 1 or more; by default what the context holds
         * @return this
         */
        Builder maxTokens(int tokens);

        /**
         * Texts that end an answer where the model writes one of them to the user, also across tokens. The text itself and what
         * follows it are no part of the answer, which ends with {@link FinishReason#STOP_STRING}. What the model thinks, and the
         * arguments of its calls, are not looked at. Replaces what was set before.
         *
         * @param texts none is empty; an empty list sets none
         * @return this
         * @throws IllegalArgumentException if a text is empty or has a lone surrogate
         */
        default Builder stop(List<String> texts) {
            return stop(texts, false);
        }

        /**
         * Texts that end an answer, see {@link #stop(List)}.
         *
         * @param texts none is empty; an empty list sets none
         * @param inThinking whether they end the answer in the model's thinking, too
         * @return this
         * @throws IllegalArgumentException if a text is empty or has a lone surrogate
         */
        Builder stop(List<String> texts, boolean inThinking);

        /**
         * Further tokens that end an answer, besides the model's own, and are no part of it.
         *
         * @param ids of the model's vocabulary
         * @return this
         * @throws IllegalArgumentException if an id is outside the vocabulary
         */
        Builder stopTokens(Set<Integer> ids);

        /**
         * Has the events of thinking and text tell how likely their tokens were.
         *
         * @param alternatives how many of the likeliest tokens are told for each place, 0 to 100
         * @return this
         * @throws IllegalArgumentException if the number is out of range
         */
        Builder logprobs(int alternatives);

        /**
         * How much the model may think; as it does by itself if not set.
         *
         * @param reasoning mode, budget and the like
         * @return this
         */
        Builder reasoning(Reasoning reasoning);

        /**
         * When a model that says the same again and again is stopped; {@link LoopLimits#DEFAULT} if not set.
         *
         * @param limits what counts as a loop
         * @return this
         */
        Builder loops(LoopLimits limits);

        /**
         * What answers have to look like; free text if not set. Plugins see to it while tokens are chosen.
         *
         * @param format the format
         * @return this
         */
        Builder format(AnswerFormat format);

        /**
         * Whether the model has to call tools; it decides if not set.
         *
         * @param choice the choice
         * @return this
         */
        Builder toolChoice(ToolChoice choice);

        /**
         * How many of its tools the model is told of, where there are many. If not set, {@link ToolSelection#DEFAULT}, or what the
         * runtime is set to.
         *
         * @param selection the selection
         * @return this
         */
        Builder toolSelection(ToolSelection selection);

        /**
         * Holds the model to the tools' schemas while it writes a call: it can then name no other tool, and give no argument that
         * the schema does not allow. What a schema asks for and cannot be held to makes {@link #start} fail with a sentence that
         * names it. If not set, it is as the model was opened ({@link ModelOptions#strictness}): small models are held as far as the
         * schemas can be kept, and nothing is refused for it.
         *
         * @param held whether calls are held to the schemas
         * @return this
         */
        Builder strict(boolean held);

        /**
         * As {@link #strict(boolean)}, for one tool. Where a tool is held, the others can be called by their names only; their
         * arguments are free if this says so, or if nothing else holds them.
         *
         * @param tool its name; nothing happens if there is no such tool
         * @param held whether its arguments are held to its schema
         * @return this
         */
        Builder strict(String tool, boolean held);

        /**
         * Has the model go on with bare text: it reads what the messages say, one behind the other, without its chat template, and
         * all that it writes is text. The token that begins a text comes first if the vocabulary asks for it. For models that were
         * not trained to chat.
         *
         * @return this
         */
        Builder plain();

        /**
         * How often the model may be asked again with tool results within one answer.
         *
         * @param rounds 0 or more, 8 by default
         * @return this
         */
        Builder maxToolRounds(int rounds);

        /**
         * Whose tokens come first where conversations have to wait for each other: prompts of a higher priority are read first, and
         * where there are more answers than a pass takes, those of a higher priority go on first.
         *
         * @param level the larger the sooner; 0 if not set
         * @return this
         */
        Builder priority(int level);

        /**
         * How long each answer may take, from the moment it is asked for. Then it ends with {@link FinishReason#DEADLINE} and what was
         * generated so far. A tool that runs is not interrupted.
         *
         * @param time more than nothing; without end if not set
         * @return this
         * @throws IllegalArgumentException if the time is not positive
         */
        Builder deadline(Duration time);

        /**
         * Continues a saved conversation: its messages, and what was read if this model wrote it. Everything else is set
         * as for a new one.
         *
         * @param file written by {@link Conversation#save}
         * @return this
         * @throws MillraceException if the file cannot be read, is damaged or belongs to another model
         */
        Builder restore(Path file);

        /**
         * Starts the conversation. Nothing is read until the first {@link Conversation#send}.
         *
         * @return the conversation, closed by the caller
         * @throws IllegalArgumentException if two tools have the same name, or the format or the tools' schemas cannot
         *             be enforced
         */
        Conversation start();
    }
}
