/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnresolvedModelServerException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.millrace.api.BackendException;
import dev.millrace.api.BusyException;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.Sampling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A small model as a chat model of LangChain4j, from end to end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LangChain4jTest {

    private static final String LAMP = "Turn on the kitchen lamp.";

    private static final ToolSpecification SWITCH = ToolSpecification.builder().name("set_device")
            .description("Switch a device on or off.").parameters(JsonObjectSchema.builder().addStringProperty("name")
                    .addStringProperty("state").required("name", "state").build())
            .build();

    private static final ChatOptions GREEDY = ChatOptions.defaults().withSampling(Sampling.greedy());

    private final Millrace millrace = Millrace.start();
    private final Model nano = millrace.open("nano");
    private final MillraceChatModel chat = new MillraceChatModel(nano, GREEDY);
    private final MillraceStreamingChatModel streaming = new MillraceStreamingChatModel(nano, GREEDY);

    @AfterAll
    void stop() {
        millrace.close();
    }

    private static ChatRequest.Builder asks(String text) {
        return ChatRequest.builder().messages(UserMessage.from(text));
    }

    private ChatResponse ask(ChatRequestParameters parameters) {
        return chat.chat(asks("Bye").parameters(parameters).build());
    }

    private static Watch stream(MillraceStreamingChatModel model, ChatRequest request) throws InterruptedException {
        Watch watch = new Watch();
        model.chat(request, watch);
        watch.await();
        return watch;
    }

    @Test
    void answers() {
        ChatResponse answer = chat.chat(asks("Bye").build());
        assertEquals("Goodbye!", answer.aiMessage().text());
        assertEquals(FinishReason.STOP, answer.finishReason());
        assertEquals(nano.info().name(), answer.modelName());
        assertNotNull(answer.id());
        assertTrue(answer.tokenUsage().inputTokenCount() > 1, answer::toString);
        assertTrue(answer.tokenUsage().outputTokenCount() > 1, answer::toString);
        assertEquals(answer.tokenUsage().inputTokenCount() + answer.tokenUsage().outputTokenCount(),
                answer.tokenUsage().totalTokenCount());
        assertEquals("Goodbye!", chat.chat("Bye"));
        assertFalse(chat.chat(SystemMessage.from("You run a house."), UserMessage.from("Hello"),
                AiMessage.from("Hello!"), UserMessage.from("Bye")).aiMessage().text().isEmpty());
    }

    @Test
    void aToolIsRunByTheCaller() {
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from(LAMP)));
        ChatResponse called = chat.chat(ChatRequest.builder().messages(messages).toolSpecifications(SWITCH).build());
        assertEquals(FinishReason.TOOL_EXECUTION, called.finishReason());
        assertFalse(String.valueOf(called.aiMessage().thinking()).isEmpty());
        assertEquals(1, called.aiMessage().toolExecutionRequests().size());
        ToolExecutionRequest request = called.aiMessage().toolExecutionRequests().getFirst();
        assertEquals("set_device", request.name());
        assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", request.arguments());
        messages.add(called.aiMessage());
        messages.add(ToolExecutionResultMessage.from(request,
                "{\"ok\":true,\"name\":\"kitchen_lamp\",\"state\":\"on\"}"));
        ChatResponse answer = chat.chat(ChatRequest.builder().messages(messages).toolSpecifications(SWITCH).build());
        assertTrue(answer.aiMessage().text().contains("kitchen lamp is on"), answer::toString);
        assertEquals(FinishReason.STOP, answer.finishReason());
        ChatResponse again = chat.chat(asks(LAMP).toolSpecifications(SWITCH).build());
        assertFalse(again.aiMessage().toolExecutionRequests().getFirst().id().equals(request.id()));
    }

    @Test
    void theChoiceOfToolsIsKept() {
        ChatResponse none = chat.chat(asks(LAMP).toolSpecifications(SWITCH).toolChoice(ToolChoice.NONE).build());
        assertFalse(none.aiMessage().hasToolExecutionRequests());
        ChatResponse required = chat
                .chat(asks("Bye").toolSpecifications(SWITCH).toolChoice(ToolChoice.REQUIRED).build());
        assertEquals("set_device", required.aiMessage().toolExecutionRequests().getFirst().name());
        ToolSpecification bare = ToolSpecification.builder().name("look").description("Looks.").build();
        ChatResponse looked = chat.chat(asks("Bye").toolSpecifications(bare).toolChoice(ToolChoice.REQUIRED).build());
        assertEquals("{}", looked.aiMessage().toolExecutionRequests().getFirst().arguments());
    }

    @Test
    void theAnswerFitsTheSchema() throws Exception {
        JsonSchema schema = JsonSchema.builder().name("Reading").rootElement(JsonObjectSchema.builder()
                .addEnumProperty("room", List.of("cellar", "kitchen")).addBooleanProperty("warm")
                .required("room", "warm").build()).build();
        ChatRequest request = asks("How warm is the cellar?").responseFormat(
                ResponseFormat.builder().type(ResponseFormatType.JSON).jsonSchema(schema).build()).build();
        assertEquals(Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA), chat.supportedCapabilities());
        for (String text : List.of(chat.chat(request).aiMessage().text(), stream(streaming, request).text())) {
            JsonNode value = new ObjectMapper().readTree(text);
            assertTrue(List.of("cellar", "kitchen").contains(value.path("room").textValue()), text);
            assertTrue(value.path("warm").isBoolean(), text);
            assertEquals(2, value.size(), text);
        }
        String any = chat.chat(asks("Bye").responseFormat(ResponseFormat.JSON).maxOutputTokens(400).build())
                .aiMessage().text();
        assertTrue(any.stripLeading().startsWith("{"), any);
    }

    @Test
    void anAnswerHasNoOtherPropertiesUnlessTheSchemaSaysSo() {
        JsonObjectSchema inner = JsonObjectSchema.builder().addStringProperty("type").required("type").build();
        Map<String, ?> closed = Schemas.answer(JsonObjectSchema.builder().addProperty("room", inner).build());
        assertEquals(false, closed.get("additionalProperties"));
        assertEquals(Map.of("room", Map.of("type", "object", "properties", Map.of("type", Map.of("type", "string")),
                "required", List.of("type"), "additionalProperties", false)), closed.get("properties"));
        assertEquals(true, Schemas.answer(JsonObjectSchema.builder().addStringProperty("room")
                .additionalProperties(true).build()).get("additionalProperties"));
        String raw = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}}";
        assertEquals(Map.of("type", "object", "properties", Map.of("a", Map.of("type", List.of("string", "null")))),
                Schemas.answer(JsonRawSchema.from(raw)));
        assertFalse(Schemas.arguments(inner).containsKey("additionalProperties"));
        ChatResponse room = chat.chat(asks("Where is it cold?").responseFormat(ResponseFormat.builder()
                .type(ResponseFormatType.JSON).jsonSchema(JsonSchema.builder().name("Room").rootElement(JsonObjectSchema
                        .builder().addEnumProperty("room", List.of("cellar", "kitchen")).required("room").build())
                        .build())
                .build()).build());
        assertTrue(room.aiMessage().text().matches("\\{\\s*\"room\"\\s*:\\s*\"(cellar|kitchen)\"\\s*}"),
                room::toString);
    }

    @Test
    void parametersCount() {
        ChatResponse cut = ask(ChatRequestParameters.builder().maxOutputTokens(1).build());
        assertEquals(FinishReason.LENGTH, cut.finishReason());
        assertEquals(1, cut.tokenUsage().outputTokenCount());
        assertEquals("Good", ask(ChatRequestParameters.builder().stopSequences("bye").build()).aiMessage().text());
        MillraceChatModel stopping = new MillraceChatModel(nano,
                GREEDY.withParameters(ChatRequestParameters.builder().stopSequences("bye").build()));
        assertEquals("Good", stopping.chat("Bye"));
        assertEquals("Goodbye!", ask(ChatRequestParameters.builder().temperature(1.0).topK(1).build())
                .aiMessage().text());
        assertEquals("Goodbye!", ask(ChatRequestParameters.builder().temperature(1.0).topP(0.0).build())
                .aiMessage().text());
        // what was said becomes so likely that it is said until nothing more is allowed
        assertEquals(FinishReason.STOP,
                ask(ChatRequestParameters.builder().maxOutputTokens(60).build()).finishReason());
        assertFalse(ask(ChatRequestParameters.builder().maxOutputTokens(60).frequencyPenalty(-100.0).build())
                .finishReason() == FinishReason.STOP);
        assertFalse(ask(ChatRequestParameters.builder().maxOutputTokens(60).presencePenalty(-100.0).build())
                .finishReason() == FinishReason.STOP);
        assertEquals("Goodbye!", ask(ChatRequestParameters.builder().modelName(nano.info().name()).build())
                .aiMessage().text());
    }

    @Test
    void thinkingCanBeSwitchedOff() throws Exception {
        ChatRequest request = asks(LAMP).toolSpecifications(SWITCH).build();
        Watch thinks = stream(streaming, request);
        assertFalse(thinks.thinking.isEmpty());
        assertEquals(thinks.thinking.toString(), thinks.response().aiMessage().thinking());
        ChatResponse quiet = new MillraceChatModel(nano, GREEDY.withReasoning(Reasoning.off())).chat(request);
        assertNull(quiet.aiMessage().thinking());
        Watch hidden = stream(
                new MillraceStreamingChatModel(nano, GREEDY.withReasoning(Reasoning.DEFAULT.withHidden(true))),
                request);
        assertEquals("", hidden.thinking.toString());
    }

    @Test
    void streams() throws Exception {
        Watch bye = stream(streaming, asks("Bye").build());
        assertEquals("Goodbye!", bye.text());
        assertEquals("Goodbye!", bye.response().aiMessage().text());
        assertEquals(FinishReason.STOP, bye.response().finishReason());
        assertTrue(bye.pieces > 1, () -> "it came in " + bye.pieces);
        Watch lamp = stream(streaming, asks(LAMP).toolSpecifications(SWITCH).build());
        assertEquals(FinishReason.TOOL_EXECUTION, lamp.response().finishReason());
        assertEquals(1, lamp.calls.size());
        assertEquals(0, lamp.calls.getFirst().index());
        assertEquals(lamp.response().aiMessage().toolExecutionRequests(),
                List.of(lamp.calls.getFirst().toolExecutionRequest()));
    }

    @Test
    void afterACancelNothingIsTold() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Question question = Question.ask(nano, GREEDY, asks("What is the temperature in the cellar?").build());
        Watch watch = new Watch();
        watch.cancelAtOnce = true;
        question.generation().publisher().subscribe(
                new Watch.ToTheEnd(new StreamedAnswer(question, new Reply("nano", Set.of()), watch), end));
        assertTrue(end.await(120, TimeUnit.SECONDS));
        assertThrows(IllegalStateException.class, () -> question.conversation().send("Bye"));
        assertEquals(1, watch.pieces);
        assertFalse(watch.ended());
    }

    @Test
    void whatAHandlerThrowsItIsTold() throws Exception {
        Watch watch = new Watch();
        watch.failsAtOnce = true;
        streaming.chat(asks("Bye").build(), watch);
        watch.awaitResponse();
        assertEquals("Goodbye!", watch.response().aiMessage().text());
        assertEquals("the handler's own", assertInstanceOf(IllegalStateException.class, watch.failure()).getMessage());
    }

    @Test
    void wrongRequestsAreRefused() throws Exception {
        for (ChatRequest wrong : List.of(asks("Bye").topP(2.0).build(), asks("Bye").temperature(-1.0).build(),
                asks("Bye").topK(-2).build(), asks("Bye").stopSequences(List.of("")).build(),
                asks("Bye").maxOutputTokens(0).build(),
                asks("Bye").toolSpecifications(ToolSpecification.builder().name("a b").build()).build(),
                asks("word ".repeat(nano.info().contextLength())).build(),
                ChatRequest.builder().messages(SystemMessage.from("Be kind.")).build(),
                ChatRequest.builder().messages(UserMessage.from(LAMP),
                        AiMessage
                                .from(ToolExecutionRequest.builder().id("1").name("set_device").arguments("[").build()),
                        ToolExecutionResultMessage.from("1", "set_device", "ok")).build())) {
            assertThrows(InvalidRequestException.class, () -> chat.chat(wrong), wrong::toString);
            assertInstanceOf(InvalidRequestException.class, stream(streaming, wrong).failure());
        }
        for (ChatRequest foreign : List.of(asks("Bye").modelName("other").build(),
                ChatRequest.builder().messages(UserMessage.from(ImageContent.from("AAAA", "image/png"))).build(),
                ChatRequest.builder().messages(CustomMessage.from(Map.of("a", "b"))).build())) {
            assertThrows(UnsupportedFeatureException.class, () -> chat.chat(foreign));
            assertThrows(UnsupportedFeatureException.class, () -> streaming.chat(foreign, new Watch()));
        }
    }

    @Test
    void anAnswerThatTakesTooLongFails() throws Exception {
        ChatOptions hasty = GREEDY.withTimeout(Duration.ofNanos(1));
        assertThrows(TimeoutException.class, () -> new MillraceChatModel(nano, hasty).chat("Bye"));
        assertInstanceOf(TimeoutException.class,
                stream(new MillraceStreamingChatModel(nano, hasty), asks("Bye").build()).failure());
        assertThrows(IllegalArgumentException.class, () -> GREEDY.withTimeout(Duration.ZERO));
    }

    @Test
    void aClosedModelSaysSo() throws Exception {
        Model gone = millrace.open("nano");
        gone.close();
        assertThrows(LangChain4jException.class, () -> new MillraceChatModel(gone, GREEDY).chat("Bye"));
        assertInstanceOf(LangChain4jException.class,
                stream(new MillraceStreamingChatModel(gone, GREEDY), asks("Bye").build()).failure());
    }

    @Test
    void failuresHaveTheirTypes() {
        Map<RemoteModelException.Kind, Class<?>> kinds = Map.of(
                RemoteModelException.Kind.UNREACHABLE, UnresolvedModelServerException.class,
                RemoteModelException.Kind.SILENT, TimeoutException.class,
                RemoteModelException.Kind.BUSY, RateLimitException.class,
                RemoteModelException.Kind.FAILED, InternalServerException.class,
                RemoteModelException.Kind.DENIED, AuthenticationException.class,
                RemoteModelException.Kind.REFUSED, InvalidRequestException.class);
        for (RemoteModelException.Kind kind : RemoteModelException.Kind.values()) {
            RemoteModelException elsewhere = new RemoteModelException(kind, "It is so.", null);
            LangChain4jException typed = Failures.typed(elsewhere);
            assertEquals(kinds.get(kind), typed.getClass());
            assertEquals("It is so.", typed.getMessage());
            assertEquals(elsewhere, typed.getCause());
        }
        assertEquals(RateLimitException.class, Failures.typed(new BusyException("Busy.")).getClass());
        assertEquals(InternalServerException.class, Failures.typed(new BackendException("Broken.")).getClass());
        assertEquals(LangChain4jException.class, Failures.typed(new MillraceException("So.")).getClass());
        MillraceException missing = assertThrows(MillraceException.class, () -> millrace.open("no-such-model"));
        assertEquals(ModelNotFoundException.class, Failures.typed(missing).getClass());
    }

    @Test
    void listenersAreTold() throws Exception {
        List<String> told = new ArrayList<>();
        ChatModelListener listener = new ChatModelListener() {

            @Override
            public void onRequest(ChatModelRequestContext context) {
                told.add("request " + context.chatRequest().parameters().topK());
            }

            @Override
            public void onResponse(ChatModelResponseContext context) {
                told.add("response " + context.chatResponse().aiMessage().text());
            }

            @Override
            public void onError(ChatModelErrorContext context) {
                told.add("error " + context.error().getClass().getSimpleName());
            }
        };
        ChatOptions options = GREEDY.withListeners(List.of(listener))
                .withParameters(ChatRequestParameters.builder().topK(7).build());
        new MillraceChatModel(nano, options).chat("Bye");
        stream(new MillraceStreamingChatModel(nano, options), asks("Bye").build());
        assertThrows(InvalidRequestException.class,
                () -> new MillraceChatModel(nano, options).chat(asks("Bye").topP(2.0).build()));
        stream(new MillraceStreamingChatModel(nano, options), asks("Bye").topP(2.0).build());
        assertEquals(List.of("request 7", "response Goodbye!", "request 7", "response Goodbye!", "request 7",
                "error InvalidRequestException", "request 7", "error InvalidRequestException"), told);
        assertEquals(Optional.of(Sampling.greedy()), options.sampling());
    }
}
