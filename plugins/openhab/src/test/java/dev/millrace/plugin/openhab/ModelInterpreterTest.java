/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openhab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openhab.core.voice.text.InterpretationException;
import org.openhab.core.voice.text.InterpreterContext;
import org.openhab.core.voice.text.conversation.Conversation;
import org.openhab.core.voice.text.conversation.ConversationRole;
import org.openhab.core.voice.text.interpreter.llm.LLMTool;
import org.openhab.core.voice.text.interpreter.llm.LLMToolException;
import org.openhab.core.voice.text.interpreter.llm.LLMToolParam;
import org.openhab.core.voice.text.interpreter.llm.LLMToolParamType;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ModelInterpreterTest {

    private static Millrace engine;
    private static Millrace millrace;

    @BeforeAll
    static void start() {
        engine = Millrace.start();
        // whatever else stands on the class path
        millrace = (Millrace) Proxy.newProxyInstance(ModelInterpreterTest.class.getClassLoader(),
                new Class<?>[]{Millrace.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("toolProviders")) {
                        return List.of();
                    }
                    try {
                        return method.invoke(engine, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    private static ModelInterpreter interpreter(String model) {
        return new ModelInterpreter(millrace, model, "", Duration.ofMinutes(2));
    }

    /** A tool of openHAB that remembers what it was called with. */
    private static final class Devices implements LLMTool {

        private final List<Map<String, Object>> calls = new ArrayList<>();
        private final String uid;
        private final boolean fails;

        Devices(String uid, boolean fails) {
            this.uid = uid;
            this.fails = fails;
        }

        @Override
        public String getUID() {
            return uid;
        }

        @Override
        public String getLabel(Locale locale) {
            return "Devices";
        }

        @Override
        public String getShortDescription(Locale locale) {
            return "Switches.";
        }

        @Override
        public String getDescription(Locale locale) {
            return "Switch a device on or off.";
        }

        @Override
        public List<LLMToolParam> getParamDescriptions(Locale locale) {
            return List.of(new LLMToolParam("name", LLMToolParamType.String, "the device", List.of(), true),
                    new LLMToolParam("state", LLMToolParamType.String, "the state", List.of("on", "off"), true));
        }

        @Override
        public String call(Map<String, Object> params, Locale locale) throws LLMToolException {
            calls.add(params);
            if (fails) {
                throw new LLMToolException("The bus is silent.");
            }
            return "{\"ok\":true,\"name\":\"" + params.get("name") + "\",\"state\":\"" + params.get("state") + "\"}";
        }
    }

    @Test
    void whatIsSaidIsAnswered() throws Exception {
        ModelInterpreter interpreter = interpreter("");
        try {
            assertEquals("millrace", interpreter.getId());
            assertEquals("Millrace", interpreter.getLabel(null));
            assertTrue(!interpreter.interpret(Locale.ENGLISH, "Bye").isBlank());
            assertNull(interpreter.getGrammar(Locale.ENGLISH, "JSGF"));
            assertEquals(Set.of(), interpreter.getSupportedLocales());
            assertEquals(Set.of(), interpreter.getSupportedGrammarFormats());
        } finally {
            interpreter.close();
        }
    }

    @Test
    void toolsOfTheConversationAreCalledAndTheAnswerJoinsIt() throws Exception {
        ModelInterpreter interpreter = interpreter("nano");
        Devices devices = new Devices("set_device", false);
        Conversation conversation = new Conversation("kitchen");
        try {
            conversation.addMessage(ConversationRole.USER, "Turn on the kitchen lamp.");
            String said = interpreter.interpret(Locale.ENGLISH,
                    new InterpreterContext(conversation, List.of(devices), null, null));
            assertEquals(List.of(Map.of("name", "kitchen_lamp", "state", "on")), devices.calls, said);
            assertEquals("The kitchen lamp is on now.", said);
            assertEquals(2, conversation.getMessages().size());
            assertEquals(ConversationRole.OPENHAB, conversation.getLastMessage().getRole());
            assertEquals(said, conversation.getLastMessage().getContent());
            // and on it goes
            conversation.addMessage(ConversationRole.USER, "Turn off the kitchen lamp.");
            interpreter.interpret(Locale.ENGLISH, new InterpreterContext(conversation, List.of(devices), null, null));
            assertEquals(2, devices.calls.size());
            assertEquals(4, conversation.getMessages().size());
        } finally {
            interpreter.close();
        }
    }

    @Test
    void aToolThatFailsIsToldToTheModel() throws Exception {
        ModelInterpreter interpreter = interpreter("nano");
        Devices devices = new Devices("set_device", true);
        Conversation conversation = new Conversation("kitchen");
        try {
            conversation.addMessage(ConversationRole.USER, "Turn on the kitchen lamp.");
            interpreter.interpret(Locale.ENGLISH, new InterpreterContext(conversation, List.of(devices), null, null));
            assertTrue(!devices.calls.isEmpty());
        } finally {
            interpreter.close();
        }
    }

    @Test
    void whatCannotBeAnsweredIsToldInASentence() throws Exception {
        ModelInterpreter nobody = interpreter("nobody");
        assertTrue(assertThrows(InterpretationException.class, () -> nobody.interpret(Locale.ENGLISH, "Bye"))
                .getMessage().contains("There is no model \"nobody\""));
        ModelInterpreter interpreter = interpreter("nano");
        Conversation empty = new Conversation("empty");
        assertThrows(InterpretationException.class, () -> interpreter.interpret(Locale.ENGLISH,
                new InterpreterContext(empty, List.of(), null, null)));
        nobody.close();
        interpreter.close();
    }

    @Test
    void namesThatNoModelCanWriteAreChanged() {
        List<HostTool> tools = HostTool.all(List.of(new Devices("core:device tool", false),
                new Devices("core/device tool", false), new Devices("x".repeat(100), false), new Devices("", false)),
                Locale.ENGLISH);
        assertEquals(List.of("core_device_tool", "core_device_tool_2", "x".repeat(60), "tool"),
                tools.stream().map(tool -> tool.definition().name()).toList());
        assertEquals(Map.of("type", "string", "description", "the state", "enum", List.of("on", "off")),
                ((Map<?, ?>) tools.getFirst().definition().parameters().get("properties")).get("state"));
    }
}
