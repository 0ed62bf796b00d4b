/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The client of LangChain4j, as its users set it up. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LangChainTest {

    private static final ToolSpecification SWITCH = ToolSpecification.builder().name("set_device")
            .description("Switch a device on or off.").parameters(JsonObjectSchema.builder().addStringProperty("name")
                    .addStringProperty("state").required("name", "state").build())
            .build();

    private final Nano nano = new Nano("tokens", "secret");

    LangChainTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private OpenAiChatModel.OpenAiChatModelBuilder model() {
        return OpenAiChatModel.builder().baseUrl(nano.address() + "/v1").apiKey("secret").modelName("nano")
                .temperature(0.0).returnThinking(true).maxRetries(0);
    }

    @Test
    void asksAndRunsATool() {
        OpenAiChatModel model = model().build();
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("Turn on the kitchen lamp.")));
        ChatResponse called = model.chat(ChatRequest.builder().messages(messages).toolSpecifications(SWITCH).build());
        assertEquals(FinishReason.TOOL_EXECUTION, called.finishReason());
        assertFalse(String.valueOf(called.aiMessage().thinking()).isEmpty());
        ToolExecutionRequest request = called.aiMessage().toolExecutionRequests().getFirst();
        assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", request.arguments());
        messages.add(called.aiMessage());
        messages.add(ToolExecutionResultMessage.from(request,
                "{\"ok\":true,\"name\":\"kitchen_lamp\",\"state\":\"on\"}"));
        ChatResponse answer = model.chat(ChatRequest.builder().messages(messages).toolSpecifications(SWITCH).build());
        assertTrue(answer.aiMessage().text().contains("kitchen lamp is on"), answer::toString);
        assertTrue(answer.tokenUsage().totalTokenCount() > 50);
    }

    @Test
    void streams() throws Exception {
        OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder().baseUrl(nano.address() + "/v1")
                .apiKey("secret").modelName("nano").temperature(0.0).build();
        StringBuilder pieces = new StringBuilder();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        model.chat("Bye", new StreamingChatResponseHandler() {

            @Override
            public void onPartialResponse(String piece) {
                pieces.append(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable problem) {
                whole.completeExceptionally(problem);
            }
        });
        assertEquals("Goodbye!", whole.get(60, TimeUnit.SECONDS).aiMessage().text());
        assertEquals("Goodbye!", pieces.toString());
    }

    @Test
    void errorsHaveTheirTypes() {
        assertThrows(InvalidRequestException.class, () -> model().frequencyPenalty(500.0).build().chat("Bye"));
        assertThrows(ModelNotFoundException.class, () -> model().modelName("other").build().chat("Bye"));
        assertThrows(dev.langchain4j.exception.AuthenticationException.class,
                () -> model().apiKey("wrong").build().chat("Bye"));
    }
}
