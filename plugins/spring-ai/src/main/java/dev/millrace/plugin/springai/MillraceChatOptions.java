/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/**
 * How a model answers: what all models of Spring AI know, tools, a schema of the answer, and what is this runtime's own. What is null
 * is left to the model. Immutable.
 */
public final class MillraceChatOptions extends DefaultToolCallingChatOptions implements StructuredOutputChatOptions {

    private final @Nullable String outputSchema;
    private final @Nullable Sampling sampling;
    private final @Nullable Reasoning reasoning;
    private final @Nullable ToolChoice toolChoice;
    private final @Nullable Duration timeout;

    private MillraceChatOptions(ToolCallingChatOptions common, Builder own) {
        super(common.getToolCallbacks(), common.getToolContext(), common.getModel(), common.getFrequencyPenalty(),
                common.getMaxTokens(), common.getPresencePenalty(), common.getStopSequences(), common.getTemperature(),
                common.getTopK(), common.getTopP());
        outputSchema = own.outputSchema;
        sampling = own.sampling;
        reasoning = own.reasoning;
        toolChoice = own.toolChoice;
        timeout = own.timeout;
    }

    /**
     * Options of which each is left to the model.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public @Nullable String getOutputSchema() {
        return outputSchema;
    }

    /**
     * How tokens are chosen where temperature, top p, top k and penalties do not say, for example with a seed.
     *
     * @return null for the model's own
     */
    public @Nullable Sampling getSampling() {
        return sampling;
    }

    /**
     * How much the model thinks, and whether the thinking is told.
     *
     * @return null for as it does by itself
     */
    public @Nullable Reasoning getReasoning() {
        return reasoning;
    }

    /**
     * Whether the model has to call tools.
     *
     * @return null if it decides
     */
    public @Nullable ToolChoice getToolChoice() {
        return toolChoice;
    }

    /**
     * How long an answer may take until it fails with {@code TransientAiException}.
     *
     * @return null for without end
     */
    public @Nullable Duration getTimeout() {
        return timeout;
    }

    @Override
    public Builder mutate() {
        Builder copy = builder().model(getModel()).frequencyPenalty(getFrequencyPenalty()).maxTokens(getMaxTokens())
                .presencePenalty(getPresencePenalty()).stopSequences(getStopSequences()).temperature(getTemperature())
                .topK(getTopK()).topP(getTopP()).toolCallbacks(getToolCallbacks()).toolContext(getToolContext());
        return copy.outputSchema(outputSchema).sampling(sampling).reasoning(reasoning).toolChoice(toolChoice)
                .timeout(timeout);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other) && other instanceof MillraceChatOptions that
                && Objects.equals(outputSchema, that.outputSchema) && Objects.equals(sampling, that.sampling)
                && Objects.equals(reasoning, that.reasoning) && Objects.equals(toolChoice, that.toolChoice)
                && Objects.equals(timeout, that.timeout);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), outputSchema, sampling, reasoning, toolChoice, timeout);
    }

    /** Makes options. Null leaves an option to the model. */
    public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
            implements
                StructuredOutputChatOptions.Builder<Builder> {

        private @Nullable String outputSchema;
        private @Nullable Sampling sampling;
        private @Nullable Reasoning reasoning;
        private @Nullable ToolChoice toolChoice;
        private @Nullable Duration timeout;

        private Builder() {
        }

        @Override
        public Builder outputSchema(@Nullable String schema) {
            outputSchema = schema;
            return this;
        }

        /**
         * How tokens are chosen.
         *
         * @param value see {@link MillraceChatOptions#getSampling()}
         * @return this
         */
        public Builder sampling(@Nullable Sampling value) {
            sampling = value;
            return this;
        }

        /**
         * How much the model thinks.
         *
         * @param value see {@link MillraceChatOptions#getReasoning()}
         * @return this
         */
        public Builder reasoning(@Nullable Reasoning value) {
            reasoning = value;
            return this;
        }

        /**
         * Whether the model has to call tools.
         *
         * @param value see {@link MillraceChatOptions#getToolChoice()}
         * @return this
         */
        public Builder toolChoice(@Nullable ToolChoice value) {
            toolChoice = value;
            return this;
        }

        /**
         * How long an answer may take.
         *
         * @param value see {@link MillraceChatOptions#getTimeout()}
         * @return this
         * @throws IllegalArgumentException if the time is not positive
         */
        public Builder timeout(@Nullable Duration value) {
            if (value != null && !value.isPositive()) {
                throw new IllegalArgumentException("An answer needs time, more than " + value + ".");
            }
            timeout = value;
            return this;
        }

        @Override
        public Builder combineWith(ChatOptions.Builder<?> other) {
            super.combineWith(other);
            if (other instanceof StructuredOutputChatOptions.Builder<?>
                    && other.build() instanceof StructuredOutputChatOptions structured) {
                outputSchema = either(structured.getOutputSchema(), outputSchema);
            }
            if (other instanceof Builder that) {
                sampling = either(that.sampling, sampling);
                reasoning = either(that.reasoning, reasoning);
                toolChoice = either(that.toolChoice, toolChoice);
                timeout = either(that.timeout, timeout);
            }
            return this;
        }

        private static <T> @Nullable T either(@Nullable T first, @Nullable T second) {
            return first != null ? first : second;
        }

        @Override
        public MillraceChatOptions build() {
            return new MillraceChatOptions(super.build(), this);
        }
    }
}
