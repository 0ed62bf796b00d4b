/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.tool.ToolCallback;

/**
 * A prompt that is being answered. Each is a conversation of its own; what the model has read of the same beginning before is not
 * read again.
 *
 * @param conversation closed with this
 * @param generation the answer
 * @param tools names of the tools that the model was told of
 */
record Question(Conversation conversation, Generation generation, Set<String> tools) implements AutoCloseable {

    /**
     * Starts the answer.
     *
     * @param own what holds where the prompt does not say
     * @throws NonTransientAiException if the prompt cannot be put to the model
     * @throws org.springframework.ai.retry.TransientAiException if the model is busy, or has failed
     */
    static Question ask(Model model, MillraceChatOptions own, Prompt prompt) {
        try {
            return start(model, new Asked(prompt.getOptions(), own), prompt);
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            throw Failures.typed(e);
        }
    }

    private static Question start(Model model, Asked asked, Prompt prompt) {
        checkName(model, asked.value(ChatOptions::getModel));
        List<Message> messages = prompt.getInstructions().stream().flatMap(Messages::read).toList();
        if (messages.isEmpty()) {
            throw new NonTransientAiException("The prompt has no message.");
        }
        List<ToolDefinition> tools = asked.tools();
        Conversation.Builder builder = model.conversation().messages(messages)
                .sampling(sampling(asked.ours(MillraceChatOptions::getSampling), model, asked))
                .format(format(asked)).declare(tools);
        set(asked.ours(MillraceChatOptions::getReasoning), builder::reasoning);
        set(asked.ours(MillraceChatOptions::getToolChoice), builder::toolChoice);
        set(asked.ours(MillraceChatOptions::getTimeout), builder::deadline);
        set(asked.value(ChatOptions::getStopSequences), builder::stop);
        set(asked.value(ChatOptions::getMaxTokens), builder::maxTokens);
        Conversation conversation = builder.start();
        try {
            checkLength(model, conversation);
            conversation.rewind(messages.size() - 1);
            return new Question(conversation, conversation.send(messages.subList(messages.size() - 1, messages.size())),
                    tools.stream().map(ToolDefinition::name).collect(Collectors.toUnmodifiableSet()));
        } catch (RuntimeException e) {
            conversation.close();
            throw e;
        }
    }

    /** The options of a prompt, and those of the model where the prompt has none. Lists of the prompt replace those of the model. */
    private record Asked(@Nullable ChatOptions prompt, MillraceChatOptions own) {

        <T> @Nullable T value(Function<ChatOptions, @Nullable T> option) {
            T value = prompt == null ? null : option.apply(prompt);
            return value != null ? value : option.apply(own);
        }

        <T> @Nullable T ours(Function<MillraceChatOptions, @Nullable T> option) {
            T value = prompt instanceof MillraceChatOptions ours ? option.apply(ours) : null;
            return value != null ? value : option.apply(own);
        }

        List<ToolDefinition> tools() {
            List<ToolCallback> tools = value(
                    options -> options instanceof ToolCallingChatOptions calling ? calling.getToolCallbacks() : null);
            return tools == null
                    ? List.of()
                    : tools.stream().map(ToolCallback::getToolDefinition).map(Question::definition).toList();
        }
    }

    private static <T> void set(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    private static void checkName(Model model, @Nullable String asked) {
        if (asked != null && !asked.equals(model.info().name())) {
            throw new NonTransientAiException(
                    "The model " + asked + " is not here: this is the model " + model.info().name() + ".");
        }
    }

    private static void checkLength(Model model, Conversation conversation) {
        int tokens;
        try {
            tokens = conversation.promptTokens();
        } catch (MillraceException e) {
            throw new NonTransientAiException("The messages cannot be put to this model: " + e.getMessage(), e);
        }
        // what runs elsewhere counts by itself: here is only an estimate
        boolean counted = model.info().vocabularySize() > 0;
        if (counted && tokens >= model.info().contextLength()) {
            throw new NonTransientAiException("The messages take " + tokens + " tokens and this model holds "
                    + model.info().contextLength() + ": send fewer or shorter ones.");
        }
    }

    private static Sampling sampling(@Nullable Sampling base, Model model, Asked asked) {
        Sampling sampling = base == null ? model.defaults() : base;
        Double temperature = asked.value(ChatOptions::getTemperature);
        if (temperature != null) {
            sampling = sampling.withTemperature(temperature);
        }
        Double topP = asked.value(ChatOptions::getTopP);
        if (topP != null) {
            sampling = sampling.withTopP(topP);
        }
        Integer topK = asked.value(ChatOptions::getTopK);
        if (topK != null) {
            // -1 means all, as in other programs
            sampling = sampling.withTopK(topK == -1 ? 0 : topK);
        }
        Double presence = asked.value(ChatOptions::getPresencePenalty);
        if (presence != null) {
            sampling = sampling.withPresencePenalty(presence);
        }
        Double frequency = asked.value(ChatOptions::getFrequencyPenalty);
        return frequency == null ? sampling : sampling.withFrequencyPenalty(frequency);
    }

    private static AnswerFormat format(Asked asked) {
        String schema = asked.value(options -> options instanceof StructuredOutputChatOptions structured
                ? structured.getOutputSchema()
                : null);
        return schema == null
                ? AnswerFormat.TEXT
                : new AnswerFormat.JsonSchema(Messages.object(schema, "The parts of the schema of the answer"));
    }

    private static ToolDefinition definition(org.springframework.ai.tool.definition.ToolDefinition tool) {
        Map<String, @Nullable Object> schema = Messages.object(tool.inputSchema(),
                "The parts of the schema of the tool " + tool.name());
        return new ToolDefinition(tool.name(), tool.description(), schema.containsKey("properties")
                ? schema
                : Map.of("type", "object", "properties", Map.of()));
    }

    @Override
    public void close() {
        conversation.close();
    }
}
