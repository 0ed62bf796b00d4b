/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A request that is being answered. Each is a conversation of its own; what the model has read of the same beginning before is not
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
     * @throws dev.langchain4j.exception.LangChain4jException if the request cannot be put to the model, or the model is busy
     */
    static Question ask(Model model, ChatOptions options, ChatRequest request) {
        try {
            return start(model, options, request);
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            throw Failures.typed(e);
        }
    }

    private static Question start(Model model, ChatOptions options, ChatRequest request) {
        ChatRequestParameters parameters = request.parameters();
        checkName(model, parameters.modelName());
        List<Message> messages = request.messages().stream().map(Messages::read).toList();
        Conversation.Builder builder = model.conversation().messages(messages)
                .sampling(sampling(options.sampling().orElseGet(model::defaults), parameters))
                .reasoning(options.reasoning()).stop(parameters.stopSequences())
                .format(format(parameters.responseFormat()));
        Set<String> tools = declare(builder, parameters);
        @Nullable
        Integer most = parameters.maxOutputTokens();
        if (most != null) {
            builder.maxTokens(most);
        }
        options.timeout().ifPresent(builder::deadline);
        Conversation conversation = builder.start();
        try {
            checkLength(model, conversation);
            conversation.rewind(messages.size() - 1);
            return new Question(conversation, conversation.send(messages.subList(messages.size() - 1, messages.size())),
                    tools);
        } catch (RuntimeException e) {
            conversation.close();
            throw e;
        }
    }

    private static void checkName(Model model, @Nullable String asked) {
        if (asked != null && !asked.equals(model.info().name())) {
            throw new UnsupportedFeatureException("'modelName' parameter " + asked
                    + " is not supported: this is the model " + model.info().name() + ".");
        }
    }

    private static void checkLength(Model model, Conversation conversation) {
        int tokens;
        try {
            tokens = conversation.promptTokens();
        } catch (MillraceException e) {
            throw new InvalidRequestException("The messages cannot be put to this model: " + e.getMessage(), e);
        }
        // what runs elsewhere counts by itself: here is only an estimate
        boolean counted = model.info().vocabularySize() > 0;
        if (counted && tokens >= model.info().contextLength()) {
            throw new InvalidRequestException("The messages take " + tokens + " tokens and this model holds "
                    + model.info().contextLength() + ": send fewer or shorter ones.");
        }
    }

    private static Sampling sampling(Sampling base, ChatRequestParameters parameters) {
        Sampling sampling = base;
        @Nullable
        Double temperature = parameters.temperature();
        if (temperature != null) {
            sampling = sampling.withTemperature(temperature);
        }
        @Nullable
        Double topP = parameters.topP();
        if (topP != null) {
            sampling = sampling.withTopP(topP);
        }
        @Nullable
        Integer topK = parameters.topK();
        if (topK != null) {
            // -1 means all, as in other programs
            sampling = sampling.withTopK(topK == -1 ? 0 : topK);
        }
        @Nullable
        Double presence = parameters.presencePenalty();
        if (presence != null) {
            sampling = sampling.withPresencePenalty(presence);
        }
        @Nullable
        Double frequency = parameters.frequencyPenalty();
        return frequency == null ? sampling : sampling.withFrequencyPenalty(frequency);
    }

    private static AnswerFormat format(@Nullable ResponseFormat format) {
        if (format == null || format.type() == ResponseFormatType.TEXT) {
            return AnswerFormat.TEXT;
        }
        @Nullable
        JsonSchema schema = format.jsonSchema();
        return schema == null
                ? AnswerFormat.json()
                : new AnswerFormat.JsonSchema(Schemas.answer(schema.rootElement()));
    }

    private static Set<String> declare(Conversation.Builder builder, ChatRequestParameters parameters) {
        @Nullable
        ToolChoice choice = parameters.toolChoice();
        List<ToolSpecification> tools = choice == ToolChoice.NONE ? List.of() : parameters.toolSpecifications();
        if (choice == ToolChoice.REQUIRED) {
            builder.toolChoice(dev.millrace.api.ToolChoice.REQUIRED);
        }
        builder.declare(tools.stream().map(Question::definition).toList());
        for (ToolSpecification tool : tools) {
            @Nullable
            Boolean strict = tool.strict();
            if (strict != null) {
                builder.strict(tool.name(), strict);
            }
        }
        return tools.stream().map(ToolSpecification::name).collect(Collectors.toUnmodifiableSet());
    }

    private static ToolDefinition definition(ToolSpecification tool) {
        @Nullable
        String description = tool.description();
        @Nullable
        JsonObjectSchema parameters = tool.parameters();
        return new ToolDefinition(tool.name(), description == null ? "" : description, parameters == null
                ? Map.of("type", "object", "properties", Map.of())
                : Schemas.arguments(parameters));
    }

    @Override
    public void close() {
        conversation.close();
    }
}
