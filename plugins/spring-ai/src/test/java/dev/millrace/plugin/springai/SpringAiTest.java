/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.BusyException;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.Usage;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.retry.TransientAiException;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.util.MimeTypeUtils;

/** A small model as a chat model of Spring AI, from end to end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SpringAiTest {

    private static final String LAMP = "Turn on the kitchen lamp.";

    /** What a tool of the tests is given. */
    record Switch(String name, String state) {
    }

    /** Where it is cold. */
    enum Place {
        cellar, kitchen
    }

    /** What a model is asked to fill. */
    record Reading(Place room, boolean warm) {
    }

    /** The tools of a house, as people write them for Spring AI. */
    static final class House {

        final List<String> calls = new ArrayList<>();

        @Tool(name = "set_device", description = "Switch a device on or off.")
        Map<String, Object> set(String name, String state) {
            calls.add(name + " " + state);
            return Map.of("ok", true, "name", name, "state", state);
        }
    }

    private static final ToolCallback SWITCH = FunctionToolCallback
            .builder("set_device", (Switch wanted) -> Map.of("ok", true)).description("Switch a device on or off.")
            .inputType(Switch.class).build();

    private static final MillraceChatOptions GREEDY = MillraceChatOptions.builder().sampling(Sampling.greedy()).build();

    private final Millrace millrace = Millrace.start();
    private final Model nano = millrace.open("nano");
    private final MillraceChatModel chat = new MillraceChatModel(nano, GREEDY);

    @AfterAll
    void stop() {
        millrace.close();
    }

    private static Generation result(ChatResponse response) {
        return Objects.requireNonNull(response.getResult());
    }

    private static AssistantMessage message(ChatResponse response) {
        return result(response).getOutput();
    }

    private static String text(ChatResponse response) {
        return Objects.requireNonNull(message(response).getText());
    }

    private static @Nullable String reason(ChatResponse response) {
        return result(response).getMetadata().getFinishReason();
    }

    private ChatResponse ask(String text, ChatOptions options) {
        return chat.call(new Prompt(text, options));
    }

    private static List<ChatResponse> pieces(MillraceChatModel model, Prompt prompt) {
        return Objects.requireNonNull(model.stream(prompt).collectList().block(Duration.ofMinutes(5)));
    }

    @Test
    void answers() {
        ChatResponse answer = chat.call(new Prompt("Bye"));
        assertEquals("Goodbye!", text(answer));
        assertEquals("STOP", reason(answer));
        assertEquals(nano.info().name(), answer.getMetadata().getModel());
        assertFalse(answer.getMetadata().getId().isEmpty());
        var usage = answer.getMetadata().getUsage();
        assertTrue(usage.getPromptTokens() > 1, answer::toString);
        assertTrue(usage.getCompletionTokens() > 1, answer::toString);
        assertEquals(usage.getPromptTokens() + usage.getCompletionTokens(), usage.getTotalTokens());
        assertInstanceOf(Usage.class, usage.getNativeUsage());
        assertEquals("Goodbye!", chat.call("Bye"));
        assertNotNull(chat.call(new SystemMessage("You run a house."), new UserMessage("Hello"),
                new AssistantMessage("Hello!"), new UserMessage("Bye")));
    }

    @Test
    void aToolIsRunByTheCaller() {
        MillraceChatOptions tools = MillraceChatOptions.builder().toolCallbacks(SWITCH).build();
        List<Message> messages = new ArrayList<>(List.of(new UserMessage(LAMP)));
        ChatResponse called = chat.call(new Prompt(messages, tools));
        assertTrue(called.hasToolCalls());
        assertEquals("TOOL_CALLS", reason(called));
        AssistantMessage.ToolCall call = message(called).getToolCalls().getFirst();
        assertEquals("set_device", call.name());
        assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", call.arguments());
        assertNotNull(message(called).getMetadata().get("thinking"));
        messages.add(message(called));
        messages.add(ToolResponseMessage.builder().responses(List.of(new ToolResponseMessage.ToolResponse(call.id(),
                call.name(), "{\"ok\":true,\"name\":\"kitchen_lamp\",\"state\":\"on\"}"))).build());
        ChatResponse answer = chat.call(new Prompt(messages, tools));
        assertTrue(text(answer).contains("kitchen lamp is on"), answer::toString);
        assertNotEquals(call.id(), message(ask(LAMP, tools)).getToolCalls().getFirst().id());
    }

    @Test
    void theClientRunsToolsOnceForEachCall() {
        House house = new House();
        ChatClient client = ChatClient.create(chat);
        String answer = client.prompt().user(LAMP).tools(house).call().content();
        assertTrue(String.valueOf(answer).contains("kitchen lamp is on"), answer);
        String streamed = client.prompt().user(LAMP).tools(house).stream().content().collect(Collectors.joining())
                .block(Duration.ofMinutes(5));
        assertEquals(answer, streamed);
        assertEquals(List.of("kitchen_lamp on", "kitchen_lamp on"), house.calls);
    }

    @Test
    void theChoiceOfToolsIsKept() {
        ChatResponse required = ask("Bye",
                MillraceChatOptions.builder().toolCallbacks(SWITCH).toolChoice(ToolChoice.REQUIRED).build());
        assertEquals("set_device", message(required).getToolCalls().getFirst().name());
        ChatResponse none = ask(LAMP, GREEDY);
        assertFalse(none.hasToolCalls());
    }

    @Test
    void theAnswerFitsTheSchema() {
        Reading reading = ChatClient.create(chat).prompt().user("How warm is the cellar?").call().entity(Reading.class,
                how -> how.useProviderStructuredOutput());
        assertNotNull(Objects.requireNonNull(reading).room());
        String schema = "{\"type\":\"object\",\"properties\":{\"room\":{\"enum\":[\"attic\"]}},"
                + "\"required\":[\"room\"],\"additionalProperties\":false}";
        Prompt prompt = new Prompt("Where is it cold?", MillraceChatOptions.builder().outputSchema(schema).build());
        assertEquals("{\"room\":\"attic\"}", text(chat.call(prompt)).replaceAll("\\s", ""));
        assertEquals("{\"room\":\"attic\"}", pieces(chat, prompt).stream().map(SpringAiTest::text)
                .collect(Collectors.joining()).replaceAll("\\s", ""));
    }

    @Test
    void optionsCount() {
        ChatResponse cut = ask("Bye", ChatOptions.builder().maxTokens(1).build());
        assertEquals("LENGTH", reason(cut));
        assertEquals(1, cut.getMetadata().getUsage().getCompletionTokens());
        assertEquals("Good", text(ask("Bye", ChatOptions.builder().stopSequences(List.of("bye")).build())));
        assertEquals("Goodbye!", text(ask("Bye", ChatOptions.builder().temperature(1.0).topK(1).build())));
        assertEquals("Goodbye!", text(ask("Bye", ChatOptions.builder().temperature(1.0).topP(0.0).build())));
        // what was said becomes so likely that it is said until nothing more is allowed
        assertEquals("STOP", reason(ask("Bye", ChatOptions.builder().maxTokens(60).build())));
        assertNotEquals("STOP",
                reason(ask("Bye", ChatOptions.builder().maxTokens(60).frequencyPenalty(-100.0).build())));
        assertNotEquals("STOP",
                reason(ask("Bye", ChatOptions.builder().maxTokens(60).presencePenalty(-100.0).build())));
        assertEquals("Goodbye!", text(ask("Bye", ChatOptions.builder().model(nano.info().name()).build())));
    }

    @Test
    void whatAPromptDoesNotSayIsTheModels() {
        MillraceChatModel cut = new MillraceChatModel(nano, GREEDY.mutate().stopSequences(List.of("bye")).build());
        assertEquals("Good", cut.call("Bye"));
        assertEquals("Good", text(cut.call(new Prompt("Bye", ChatOptions.builder().maxTokens(20).build()))));
        assertEquals("Goodbye", text(
                cut.call(new Prompt("Bye", MillraceChatOptions.builder().stopSequences(List.of("!")).build()))));
        assertEquals("Good", ChatClient.create(cut).prompt().user("Bye").call().content());
        assertEquals("G", ChatClient.create(cut).prompt().user("Bye")
                .options(ChatOptions.builder().stopSequences(List.of("o"))).call().content());
    }

    @Test
    void optionsAreCopiedAndCombined() {
        MillraceChatOptions all = MillraceChatOptions.builder().model("a").temperature(0.5).topK(3).topP(0.5)
                .maxTokens(9).frequencyPenalty(1.0).presencePenalty(2.0).stopSequences(List.of("x"))
                .toolCallbacks(SWITCH).toolContext("key", "value").outputSchema("{}").sampling(Sampling.greedy())
                .reasoning(Reasoning.off()).toolChoice(ToolChoice.REQUIRED).timeout(Duration.ofSeconds(1)).build();
        assertEquals(all, all.mutate().build());
        assertEquals(all.hashCode(), all.mutate().build().hashCode());
        assertEquals(all, MillraceChatOptions.builder().combineWith(all.mutate()).build());
        assertEquals(all, all.mutate().combineWith(MillraceChatOptions.builder()).build());
        assertNotEquals(all, all.mutate().timeout(null).build());
        assertNotEquals(all, all.mutate().topK(4).build());
        assertThrows(IllegalArgumentException.class, () -> MillraceChatOptions.builder().timeout(Duration.ZERO));
    }

    @Test
    void streams() {
        List<ChatResponse> bye = pieces(chat, new Prompt("Bye"));
        assertEquals("Goodbye!", bye.stream().map(SpringAiTest::text).collect(Collectors.joining()));
        assertTrue(bye.size() > 2, bye::toString);
        assertEquals("STOP", reason(bye.getLast()));
        assertTrue(bye.getLast().getMetadata().getUsage().getTotalTokens() > 2);
        assertEquals(1, bye.stream().map(piece -> piece.getMetadata().getId()).distinct().count());
        List<ChatResponse> lamp = pieces(chat,
                new Prompt(LAMP, MillraceChatOptions.builder().toolCallbacks(SWITCH).build()));
        assertEquals("set_device", message(lamp.getLast()).getToolCalls().getFirst().name());
        assertEquals(1, lamp.stream().filter(ChatResponse::hasToolCalls).count());
        String thought = lamp.stream().map(piece -> result(piece).getMetadata().<String>get("thinking"))
                .filter(Objects::nonNull).collect(Collectors.joining());
        assertFalse(thought.isEmpty());
        assertEquals(thought, message(lamp.getLast()).getMetadata().get("thinking"));
    }

    @Test
    void thinkingCanBeSwitchedOff() {
        ChatResponse quiet = ask(LAMP,
                MillraceChatOptions.builder().toolCallbacks(SWITCH).reasoning(Reasoning.off()).build());
        assertNull(message(quiet).getMetadata().get("thinking"));
    }

    @Test
    void aStreamThatNobodyWantsAnyMoreEnds() {
        Question question = Question.ask(nano, GREEDY, new Prompt("What is the temperature in the cellar?"));
        question.close();
        assertTrue(question.generation().isDone());
        ChatResponse first = chat.stream(new Prompt("What is the temperature in the cellar?"))
                .blockFirst(Duration.ofMinutes(5));
        assertNotNull(first);
        // a model that still wrote would hold its place
        assertEquals("Goodbye!", chat.call("Bye"));
    }

    @Test
    void wrongPromptsAreRefused() {
        UserMessage picture = UserMessage.builder().text("What is it?")
                .media(new Media(MimeTypeUtils.IMAGE_PNG, URI.create("http://127.0.0.1/a.png"))).build();
        AssistantMessage.ToolCall broken = new AssistantMessage.ToolCall("1", "function", "set_device", "[");
        for (Prompt wrong : List.of(new Prompt("Bye", ChatOptions.builder().topP(2.0).build()),
                new Prompt("Bye", ChatOptions.builder().temperature(-1.0).build()),
                new Prompt("Bye", ChatOptions.builder().topK(-2).build()),
                new Prompt("Bye", ChatOptions.builder().stopSequences(List.of("")).build()),
                new Prompt("Bye", ChatOptions.builder().maxTokens(0).build()),
                new Prompt("Bye", ChatOptions.builder().model("other").build()),
                new Prompt("Bye", MillraceChatOptions.builder().outputSchema("no schema").build()),
                new Prompt("word ".repeat(nano.info().contextLength())), new Prompt(List.<Message>of()),
                new Prompt(new SystemMessage("Be kind.")), new Prompt(picture),
                new Prompt(new UserMessage(LAMP), AssistantMessage.builder().toolCalls(List.of(broken)).build(),
                        new UserMessage("Bye")))) {
            NonTransientAiException refused = assertThrows(NonTransientAiException.class, () -> chat.call(wrong));
            NonTransientAiException streamed = assertThrows(NonTransientAiException.class,
                    () -> chat.stream(wrong).blockLast(Duration.ofMinutes(5)));
            assertEquals(refused.getMessage(), streamed.getMessage());
        }
    }

    @Test
    void anAnswerThatTakesTooLongFails() {
        MillraceChatOptions hasty = GREEDY.mutate().timeout(Duration.ofNanos(1)).build();
        assertThrows(TransientAiException.class, () -> ask("Bye", hasty));
        assertThrows(TransientAiException.class,
                () -> chat.stream(new Prompt("Bye", hasty)).blockLast(Duration.ofMinutes(5)));
    }

    @Test
    void aClosedModelSaysSo() {
        Model gone = millrace.open("nano");
        gone.close();
        assertThrows(NonTransientAiException.class, () -> new MillraceChatModel(gone).call("Bye"));
    }

    @Test
    void failuresHaveTheirTypes() {
        Set<RemoteModelException.Kind> lasting = Set.of(RemoteModelException.Kind.DENIED,
                RemoteModelException.Kind.REFUSED);
        for (RemoteModelException.Kind kind : RemoteModelException.Kind.values()) {
            RemoteModelException elsewhere = new RemoteModelException(kind, "It is so.", null);
            RuntimeException typed = Failures.typed(elsewhere);
            assertEquals(lasting.contains(kind) ? NonTransientAiException.class : TransientAiException.class,
                    typed.getClass());
            assertEquals("It is so.", typed.getMessage());
            assertEquals(elsewhere, typed.getCause());
        }
        assertEquals(TransientAiException.class, Failures.typed(new BusyException("Busy.")).getClass());
        assertEquals(TransientAiException.class, Failures.typed(new BackendException("Broken.")).getClass());
        assertEquals(NonTransientAiException.class, Failures.typed(new MillraceException("So.")).getClass());
    }
}
