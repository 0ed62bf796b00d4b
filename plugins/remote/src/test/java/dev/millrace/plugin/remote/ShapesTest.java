/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Param;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Answers in the shapes in which vLLM, SGLang, llama-server and others send them. */
class ShapesTest {

    /** A tool that keeps what it was told. */
    static final class Lamp {

        final List<String> told = new ArrayList<>();

        @ToolSpec("Switch a lamp.")
        String lamp(@Param("which one") String room, @Param("on or off") boolean on) {
            told.add(room + " " + on);
            return "done";
        }
    }

    private static Answer ask(Far far, String question) {
        try (Conversation conversation = far.model.conversation().start()) {
            return conversation.send(question).answer();
        }
    }

    private static Answer answerTo(FarServer.Script script) throws IOException {
        try (Far far = new Far(new FarServer(script))) {
            return ask(far, "Hello?");
        }
    }

    @Test
    void whatTheServerTellsOfItselfIsKnown() throws IOException {
        try (Far far = new Far(new FarServer())) {
            assertEquals("far", far.model.info().name());
            assertEquals(4096, far.model.info().contextLength());
            assertEquals("remote:" + far.name, far.model.device().id());
            assertTrue(far.model.device().description().contains("127.0.0.1"), far.model.device().description());
        }
    }

    @Test
    void thinkingIsReadUnderBothNames() throws IOException {
        for (String name : List.of("reasoning_content", "reasoning")) {
            Answer answer = answerTo(c -> c.stream().delta("{'role':'assistant','content':''}")
                    .delta("{'" + name + "':'think '}").delta("{'" + name + "':'hard'}").delta("{'content':'42'}")
                    .finish("stop").done());
            assertEquals("think hard", answer.thinking(), name);
            assertEquals("42", answer.text(), name);
        }
    }

    @Test
    void thinkingUnderBothNamesAtOnceIsNotDoubled() throws IOException {
        Answer answer = answerTo(c -> c.stream().delta("{'reasoning_content':'one','reasoning':'one'}")
                .delta("{'content':'x'}").finish("stop").done());
        assertEquals("one", answer.thinking());
    }

    @Test
    void fieldsMayBeMissingNullOrRepeated() throws IOException {
        Answer answer = answerTo(c -> c.stream().data("{}").data("{\"choices\":[]}").data("{\"choices\":null}")
                .choice("'finish_reason':null").choice("'delta':null")
                .delta("{'role':'assistant','content':null,'tool_calls':null}")
                .delta("{'role':'assistant','content':'a','reasoning_content':null}")
                .delta("{'role':'assistant','content':'b','tool_calls':[]}").finish("stop")
                .data("{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,"
                        + "\"prompt_tokens_details\":null}}")
                .done());
        assertEquals("ab", answer.text());
        assertEquals(7, answer.usage().promptTokens());
        assertEquals(2, answer.usage().completionTokens());
        assertEquals(0, answer.usage().cachedTokens());
    }

    private static List<String> scores(FarServer.Script script) throws IOException {
        try (Far far = new Far(new FarServer(script));
                Conversation conversation = far.model.conversation().logprobs(1).start();
                Generation generation = conversation.send("Hello?")) {
            List<String> told = new ArrayList<>();
            for (Event event : generation) {
                List<TokenScore> tokens = switch (event) {
                    case Event.Thinking thinking -> thinking.tokens();
                    case Event.Text text -> text.tokens();
                    default -> List.of();
                };
                tokens.forEach(token -> told.add(event.getClass().getSimpleName() + " " + token.token().text() + " "
                        + token.token().logprob() + " " + token.token().bytes() + token.alternatives().size()));
            }
            String body = far.server.asked().getFirst().body();
            assertTrue(body.contains("\"logprobs\": true") && body.contains("\"top_logprobs\": 1"), body);
            return told;
        }
    }

    @Test
    void howLikelyTokensWereIsReadInAllShapes() throws IOException {
        String one = "'logprobs':{'content':[{'token':'%s','logprob':%s%s}]}";
        assertEquals(List.of("Thinking hm -0.5 [104, 109]0", "Text a -1.0 [97]1", "Text \u00e4 -2.0 [-61, -92]0",
                "Text b -3.0 [-61]0", "Text c -9999.0 []0"),
                scores(c -> c.stream()
                        .choice("'delta':{'reasoning_content':'hm'}," + one.formatted("hm", "-0.5", ""))
                        .choice("'delta':{'content':'a'}," + one.formatted("a", "-1",
                                ",'bytes':[97],'top_logprobs':[{'token':'b','logprob':-3},{'token':'c'},null,7]"))
                        .choice("'delta':{'content':'\u00e4'}," + one.formatted("\u00e4", "-2", ",'bytes':null"))
                        // the first half of a character has no text
                        .choice("'delta':{'content':''}," + one.formatted("b", "-3", ",'bytes':[195]"))
                        .choice("'delta':{'content':'\u00e4'}," + one.formatted("c", "-9999", ",'bytes':[]"))
                        .choice("'delta':{'content':'!'},'logprobs':null")
                        .choice("'delta':{'content':'?'},'logprobs':{'content':[{'token':'?','logprob':null},{},[]]}")
                        // the mark at the end is no part of the answer
                        .choice("'delta':{},'finish_reason':'stop'," + one.formatted("<|im_end|>", "-0.1", ""))
                        .done()));
    }

    @Test
    void aServerThatTellsNothingOfTokensAnswersNevertheless() throws IOException {
        assertEquals(List.of(), scores(FarServer.says("hello")));
    }

    @Test
    void withoutUsageTokensAreEstimated() throws IOException {
        Answer answer = answerTo(FarServer.says("hello"));
        assertEquals(1, answer.usage().completionTokens());
        assertTrue(answer.usage().promptTokens() > 0);
    }

    @Test
    void commentsAndOtherLineEndsArePassedOver() throws IOException {
        Answer answer = answerTo(c -> c.stream().raw(": ping\r\n\r\n: ping\n\nevent: message\r\nid: 1\r\n")
                .raw("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n:\n\n")
                .raw("data:{\"choices\":[{\"delta\":{\"content\":\"\u00e4\ud83d\ude00\"}}]}\n\n").finish("stop")
                .done());
        assertEquals("a\u00e4\ud83d\ude00", answer.text());
    }

    @Test
    void anEndWithoutItsMarkIsAnEnd() throws IOException {
        Answer answer = answerTo(c -> c.stream().delta("{'content':'all'}").finish("stop"));
        assertEquals("all", answer.text());
        assertEquals(FinishReason.STOP, answer.reason());
    }

    @Test
    void anAnswerInOnePieceIsReadToo() throws IOException {
        Answer answer = answerTo(c -> c.json(200, "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"whole\",\"reasoning\":\"hm\"},\"finish_reason\":\"length\"}],"
                + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"));
        assertEquals("whole", answer.text());
        assertEquals("hm", answer.thinking());
        assertEquals(FinishReason.LENGTH, answer.reason());
        assertEquals(4, answer.usage().completionTokens());
    }

    @Test
    void callsInPiecesAreRunAndGuarded() throws IOException {
        FarServer server = new FarServer(
                c -> c.stream().delta("{'role':'assistant','content':null,'reasoning':'The lamp.'}")
                        .delta("{'tool_calls':[{'index':0,'id':'chatcmpl-tool-a','type':'function',"
                                + "'function':{'name':'lamp','arguments':''}}]}")
                        .delta("{'tool_calls':[{'index':0,'function':{'arguments':'{\\\"room\\\": '}}]}")
                        .delta("{'tool_calls':[{'index':0,'function':{'arguments':'\\\"hall\\\", \\\"on\\\": true}'}}]}")
                        .delta("{'tool_calls':[{'index':1,'id':'chatcmpl-tool-b','type':'function',"
                                + "'function':{'name':'lamp','arguments':'{\\\"room\\\":\\\"attic\\\",\\\"on\\\":false}'}}]}")
                        .finish("tool_calls").done(),
                FarServer.says("Done."));
        Lamp lamp = new Lamp();
        try (Far far = new Far(server);
                Conversation conversation = far.model.conversation().tools(Tools.of(lamp))
                        .guard(ToolGuard.refusing((tool, call) -> "attic".equals(call.arguments().get("room"))
                                ? Optional.of("Nobody is in the attic.")
                                : Optional.empty()))
                        .start()) {
            List<Event> events = Far.events(conversation.send("Lamps!"));
            assertEquals(List.of("hall true"), lamp.told);
            assertEquals("Done.", Far.text(events));
            List<Event.ToolAnswered> answered = events.stream().filter(Event.ToolAnswered.class::isInstance)
                    .map(Event.ToolAnswered.class::cast).toList();
            assertEquals(2, answered.size());
            assertTrue(answered.getLast().result().error());

            JsonView second = JsonView.parse(server.asked().getLast().body());
            List<JsonView> messages = second.at("messages").items();
            assertEquals(4, messages.size());
            assertEquals("The lamp.", messages.get(1).at("reasoning_content").value());
            assertEquals("chatcmpl-tool-a", messages.get(1).at("tool_calls").items().getFirst().at("id").value());
            assertEquals("chatcmpl-tool-a", messages.get(2).at("tool_call_id").value());
            assertEquals("done", messages.get(2).at("content").value());
            assertTrue(String.valueOf(messages.get(3).at("content").value()).contains("Nobody is in the attic."));
        }
    }

    @Test
    void callsAreToldApartByTheirIdsIfTheIndexIsAlwaysTheSameOrMissing() throws IOException {
        for (String index : List.of("'index':0,", "")) {
            Lamp lamp = new Lamp();
            FarServer server = new FarServer(
                    c -> c.stream()
                            .delta("{'tool_calls':[{" + index + "'id':'a','function':{'name':'lamp',"
                                    + "'arguments':{'room':'hall','on':true}}}]}")
                            .delta("{'tool_calls':[{" + index + "'id':'b','function':{'name':'lamp',"
                                    + "'arguments':'{\\\"room\\\":\\\"cellar\\\",'}}]}")
                            .delta("{'tool_calls':[{" + index + "'function':{'arguments':'\\\"on\\\":true}'}}]}")
                            .finish("stop").done(),
                    FarServer.says("ok"));
            try (Far far = new Far(server);
                    Conversation conversation = far.model.conversation().tools(Tools.of(lamp)).start()) {
                conversation.send("Lamps!").answer();
                assertEquals(List.of("hall true", "cellar true"), lamp.told, index);
            }
        }
    }

    @Test
    void callsThatCannotBeReadAreToldToTheModel() throws IOException {
        FarServer server = new FarServer(
                c -> c.stream().delta(
                        "{'tool_calls':[{'index':0,'id':'a','function':{'name':'lamp','arguments':'{nonsense'}}]}")
                        .finish("tool_calls").done(),
                FarServer.says("Sorry."));
        Lamp lamp = new Lamp();
        try (Far far = new Far(server);
                Conversation conversation = far.model.conversation().tools(Tools.of(lamp)).start()) {
            assertEquals("Sorry.", Far.text(Far.events(conversation.send("Lamps!"))).replace("lamp{nonsense", ""));
            assertEquals(List.of(), lamp.told);
            List<JsonView> messages = JsonView.parse(server.asked().getLast().body()).at("messages").items();
            assertEquals("user", messages.getLast().at("role").value());
            assertTrue(String.valueOf(messages.getLast().at("content").value()).contains("no JSON object"));
        }
    }

    @Test
    void aCutCallIsNoCallAndLengthWins() throws IOException {
        Lamp lamp = new Lamp();
        FarServer server = new FarServer(c -> c.stream()
                .delta("{'tool_calls':[{'index':0,'id':'a','function':{'name':'lamp','arguments':'{\\\"room'}}]}")
                .finish("length").done());
        try (Far far = new Far(server);
                Conversation conversation = far.model.conversation().tools(Tools.of(lamp)).start()) {
            Answer answer = conversation.send("Lamps!").answer();
            assertEquals(FinishReason.LENGTH, answer.reason());
            assertEquals(List.of(), answer.toolCalls());
            assertEquals(List.of(), lamp.told);
        }
    }

    @Test
    void aStopStringOfTheServerIsOne() throws IOException {
        try (Far far = new Far(new FarServer(c -> c.stream().delta("{'content':'one '}")
                .choice("'delta':{},'finish_reason':'stop','stop_reason':'two'").done()));
                Conversation conversation = far.model.conversation().stop(List.of("two")).start()) {
            Answer answer = conversation.send("Count.").answer();
            assertEquals(FinishReason.STOP_STRING, answer.reason());
            assertEquals("one ", answer.text());
        }
    }

    @Test
    void aStopStringIsFoundAlsoIfTheServerDoesNotKnowIt() throws IOException {
        try (Far far = new Far(new FarServer(c -> {
            c.stream().delta("{'content':'one t'}").delta("{'content':'wo three'}");
            c.untilClientLeaves();
        })); Conversation conversation = far.model.conversation().stop(List.of("two")).start()) {
            Answer answer = conversation.send("Count.").answer();
            assertEquals(FinishReason.STOP_STRING, answer.reason());
            assertEquals("one ", answer.text());
        }
    }

    @Test
    void wishesReachTheServer() throws IOException {
        FarServer server = new FarServer(FarServer.says("{}"), FarServer.says("b"));
        try (Far far = new Far(server)) {
            Sampling sampling = far.model.defaults().withTemperature(0.5).withTopK(7).withSeed(3);
            try (Conversation conversation = far.model.conversation().system("Be short.").sampling(sampling)
                    .maxTokens(9).stop(List.of("X")).tools(Tools.of(new Lamp())).toolChoice(ToolChoice.named("lamp"))
                    .strict(true).reasoning(Reasoning.off().withBudget(5)).format(AnswerFormat.json()).start()) {
                conversation.send("Go").answer();
            }
            JsonView body = JsonView.parse(server.asked().getFirst().body());
            assertEquals("far", body.at("model").value());
            assertEquals(0.5, body.at("temperature").value());
            assertEquals(7, body.at("top_k").number().orElseThrow());
            assertEquals(3, body.at("seed").number().orElseThrow());
            assertEquals(9, body.at("max_tokens").number().orElseThrow());
            assertEquals("lamp", body.at("tool_choice").at("function").at("name").value());
            assertEquals(true, body.at("tools").items().getFirst().at("function").at("strict").value());
            assertEquals(false, body.at("chat_template_kwargs").at("enable_thinking").value());
            assertEquals(5, body.at("thinking_token_budget").number().orElseThrow());
            assertEquals("json_schema", body.at("response_format").at("type").value());
            assertEquals(true, body.at("stream_options").at("include_usage").value());
            assertFalse(body.at("top_p").isThere());

            try (Conversation conversation = far.model.conversation().start()) {
                conversation.send(List.of(Message.user("a"), Message.assistant("He said: "))).answer();
                assertEquals("He said: b", conversation.messages().getLast().content());
            }
            JsonView going = JsonView.parse(server.asked().getLast().body());
            assertEquals(true, going.at("continue_final_message").value());
            assertNull(going.at("temperature").value());
        }
    }

    @Test
    void nobodyIsAskedToChangeTheProtocol() throws IOException {
        FarServer server = new FarServer(FarServer.says("a"));
        try (Far far = new Far(server)) {
            ask(far, "Hello?");
            FarServer.Request request = server.asked().getFirst();
            assertTrue(request.line().endsWith("HTTP/1.1"), request.line());
            assertFalse(request.headers().containsKey("upgrade"), request.headers().toString());
            assertFalse(request.headers().containsKey("http2-settings"), request.headers().toString());
            assertInstanceOf(String.class, JsonView.parse(request.body()).at("model").value());
        }
    }
}
