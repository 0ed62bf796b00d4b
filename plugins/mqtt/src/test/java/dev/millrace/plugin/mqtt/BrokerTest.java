/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mqtt.broker.PahoWire;
import dev.millrace.plugin.mqtt.settings.Settings;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import dev.millrace.plugin.mqtt.talk.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everything over a real broker. It needs what {@code broker/install} installs; the build says where it was left out. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BrokerTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MESSAGES = Integer.getInteger("millrace.mqtt.messages", 10_000);

    @TempDir
    Path folder;

    private Mosquitto broker;

    @BeforeEach
    void brokerStarts() throws Exception {
        broker = new Mosquitto(Files.createDirectories(folder.resolve("broker")));
    }

    @AfterEach
    void brokerEnds() throws Exception {
        if (broker != null) {
            broker.close();
        }
    }

    private Settings settings(String name, String rest) {
        return SettingsFile.read(folder.resolve(name + ".json"), """
                {"broker": {"url": "%s", "client": "%s", "longestPauseSeconds": 1, "status": "status/%s"},
                 "folder": "queue-%s", %s}""".formatted(broker.url(), name, name, name, rest));
    }

    private Bridge bridge(String name, Models models, String rest) {
        Settings settings = settings(name, rest);
        Bridge bridge = new Bridge(settings, new PahoWire(settings.broker()), models, InstantSource.system());
        bridge.start();
        return bridge;
    }

    private static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("Not so after two minutes: " + what);
            }
            Thread.sleep(5);
        }
    }

    private static void connected(Bridge bridge) throws InterruptedException {
        until("connected", () -> bridge.problem().isEmpty());
    }

    @Test
    void aRequestIsAnsweredWhereItWantsWithItsCorrelationData() throws Exception {
        Scripted model = new Scripted(question -> "Answer to " + question);
        try (Bridge bridge = bridge("one", model,
                "\"prompts\": [{\"topic\": \"ask/{room}\", \"template\": \"{room}: {payload}\", \"answer\": \"said/{room}\"}]");
                Client client = new Client(broker.url(), "client", "reply/#", "said/#")) {
            connected(bridge);
            client.request("ask/cellar", "Hello", "reply/7", "abc");
            Client.Heard reply = client.await("reply/7");
            assertEquals("Answer to cellar: Hello", reply.text());
            assertEquals("abc", reply.correlation());
            assertEquals(List.of("reason=stop"), reply.properties());
            client.publish("ask/attic", "Hi", false);
            assertEquals("Answer to attic: Hi", client.await("said/attic").text());

            // too long, not to be read, nothing: refused with a reason, and what follows is answered
            client.request("ask/cellar", "x".repeat(9_000), "reply/8", "long");
            Client.Heard refused = client.await("reply/8");
            assertTrue(refused.text().startsWith("The message has 9000 bytes, and at most 8192"), refused.text());
            assertEquals(List.of("reason=error"), refused.properties());
            client.publish("ask/x", new byte[]{(byte) 0xff, 'a', (byte) 0xc3, 0, 7, '<', '|', 'i', 'm', '|', '>'});
            assertEquals("Answer to x: \ufffda\ufffd<|im|>", client.await("said/x").text());
        }
    }

    @Test
    void whatWasLastPublishedIsATool() throws Exception {
        try (Bridge bridge = bridge("tools", new Scripted(question -> ""), """
                "tools": [
                  {"name": "read_sensor", "description": "Read one sensor.", "reads": "home/{room}/{quantity}",
                   "value": "v", "unit": "C"},
                  {"name": "set_device", "description": "Switch.", "publishes": "home/{name}/set", "payload": "{state}",
                   "arguments": {"state": ["on", "off"]}}]
                """); Client client = new Client(broker.url(), "client", "home/+/set", "status/#")) {
            client.publish("home/cellar/temperature", "{\"v\": 11.5}", true);
            connected(bridge);
            assertEquals("online", client.await("status/tools").text());
            var read = bridge.tools().tools().getFirst();
            until("the state is there", () -> {
                try {
                    return !read.call(new ToolCall("1", "read_sensor",
                            Map.of("room", "cellar", "quantity", "temperature"))).error();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            ToolResult value = read.call(
                    new ToolCall("1", "read_sensor", Map.of("room", "cellar", "quantity", "temperature")));
            assertEquals("{room=cellar, quantity=temperature, value=11.5, unit=C}", String.valueOf(value.value()));
            var set = bridge.tools().tools().getLast();
            assertFalse(set.call(new ToolCall("2", "set_device", Map.of("name", "lamp", "state", "on"))).error());
            assertEquals("on", client.await("home/lamp/set").text());
            assertEquals("state must be one of on, off.",
                    set.call(new ToolCall("3", "set_device", Map.of("name", "lamp", "state", "dim"))).value());
            assertEquals("name must be one word of a topic, without / + #.",
                    set.call(new ToolCall("4", "set_device", Map.of("name", "../lamp/#", "state", "on"))).value());
            broker.kill();
            until("the loss is noticed", () -> bridge.problem().isPresent());
            ToolResult offline = set.call(new ToolCall("5", "set_device", Map.of("name", "lamp", "state", "off")));
            assertTrue(offline.error());
            assertTrue(String.valueOf(offline.value()).endsWith("cannot be reached now. Nothing was done."),
                    String.valueOf(offline.value()));
        }
    }

    @Test
    void theLastWillIsPublishedWhenTheConnectionIsCut() throws Exception {
        Settings settings = settings("will", "\"prompts\": [{\"topic\": \"ask\"}]");
        try (Client client = new Client(broker.url(), "client", "status/#")) {
            var session = new PahoWire(settings.broker()).connect(new dev.millrace.plugin.mqtt.broker.Wire.Listener() {
                @Override
                public void arrived(dev.millrace.plugin.mqtt.message.Incoming message, Runnable acknowledge) {
                    // none does
                }

                @Override
                public void lost(String reason) {
                    // it is cut by the test
                }
            });
            session.close();
            assertEquals("offline", client.await("status/will").text());
        }
    }

    /** Restarts of both kinds: one that writes down what the broker has, and one that loses it. */
    @Test
    void tenThousandMessagesWhileTheBrokerIsKilledAndStarted() throws Exception {
        Scripted model = new Scripted(question -> "+" + question);
        String rest = "\"atOnce\": 4, \"waitingMessages\": 500, \"prompts\": [{\"topic\": \"ask\"}]";
        Bridge bridge = bridge("many", model, rest);
        Set<String> open = new HashSet<>();
        try (Client client = new Client(broker.url(), "asker", "reply")) {
            connected(bridge);
            for (int i = 0; i < MESSAGES; i++) {
                open.add("q" + i);
            }
            Set<String> answered = new HashSet<>();
            int restarts = 0;
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
            while (!open.isEmpty() && System.nanoTime() < end) {
                // asks all that has no answer yet, as a program does that was cut off; the same words, the same correlation data
                List<String> round = new ArrayList<>(open);
                for (int i = 0; i < round.size(); i++) {
                    if (restarts < 4 && i == Math.min(1_000, round.size() / 2)) {
                        restarts++;
                        restart(restarts, client);
                        if (restarts == 3) {
                            // this side ends and begins again, too
                            bridge.close();
                            bridge = bridge("many", model, rest);
                        }
                    }
                    ask(client, round.get(i));
                    if (i % 100 == 0) {
                        collect(client, answered, open, 0);
                    }
                }
                while (collect(client, answered, open, 1_000)) {
                    if (open.isEmpty()) {
                        break;
                    }
                }
            }
            assertEquals(0, open.size(), () -> "Without an answer: " + open.stream().limit(20).toList());
            assertTrue(restarts >= 2, () -> "The broker was restarted too rarely.");
            Map<String, Integer> twice = new java.util.TreeMap<>();
            model.asked.forEach((question, number) -> {
                if (number.get() > 1) {
                    twice.put(question, number.get());
                }
            });
            assertEquals(0, twice.size(), () -> "Asked twice: " + twice.keySet().stream().limit(20).toList());
            assertEquals(MESSAGES, model.asked.size());
            Bridge last = bridge;
            until("all is sent", () -> last.waiting() == 0 && last.unsent() == 0);
        } finally {
            bridge.close();
        }
    }

    private void restart(int number, Client client) throws Exception {
        if (number % 2 == 1) {
            broker.kill();
        } else {
            broker.stop();
        }
        broker.start();
        until("the client is back", () -> {
            try {
                if (!client.isConnected()) {
                    client.connect();
                }
                return client.isConnected();
            } catch (MqttException e) {
                return false;
            }
        });
        client.subscribe("reply");
    }

    /** Asks once; whoever is cut off asks again in the next round. */
    private static void ask(Client client, String question) throws Exception {
        while (client.isConnected()) {
            try {
                client.request("ask", question, "reply", question);
                return;
            } catch (MqttException e) {
                Thread.sleep(1); // as much is under way as the broker takes at once
            }
        }
    }

    private static boolean collect(Client client, Set<String> answered, Set<String> open, long millis)
            throws InterruptedException {
        List<Client.Heard> heard = client.drain(millis);
        for (Client.Heard one : heard) {
            assertEquals("+" + one.correlation(), one.text());
            answered.add(one.correlation());
            open.remove(one.correlation());
        }
        return !heard.isEmpty();
    }

    @Test
    void severalShareATopic() throws Exception {
        Scripted first = new Scripted(question -> "first");
        Scripted second = new Scripted(question -> "second");
        String rest = "\"prompts\": [{\"topic\": \"ask\", \"share\": \"gateways\", \"answer\": \"said\"}]";
        try (Bridge a = bridge("a", first, rest);
                Bridge b = bridge("b", second, rest);
                Client client = new Client(broker.url(), "client", "said")) {
            connected(a);
            connected(b);
            for (int i = 0; i < 20; i++) {
                client.publish("ask", "q" + i, false);
            }
            for (int i = 0; i < 20; i++) {
                client.await("said");
            }
            until("nothing waits", () -> a.waiting() == 0 && b.waiting() == 0);
            assertEquals(20, first.asked.size() + second.asked.size());
            assertTrue(!first.asked.isEmpty() && !second.asked.isEmpty(), first.asked + " " + second.asked);
        }
    }

    @Test
    void answersWaitOnTheDiskWhileTheBrokerIsAway() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Scripted model = new Scripted(question -> {
            asked.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "late";
        });
        String rest = "\"prompts\": [{\"topic\": \"ask\", \"answer\": \"said\"}]";
        try (Client client = new Client(broker.url(), "client", "said")) {
            try (Bridge bridge = bridge("late", model, rest)) {
                connected(bridge);
                client.publish("ask", "q", false);
                asked.await();
                broker.stop();
                until("the loss is noticed", () -> bridge.problem().isPresent());
                go.countDown();
                until("the answer waits", () -> bridge.unsent() == 1 && bridge.waiting() == 0);
            }
            broker.start();
            client.connect();
            try (Bridge again = bridge("late", model, rest)) {
                connected(again);
                assertEquals("late", client.await("said").text());
                assertEquals("{q=1}", model.asked.toString());
            }
        }
    }

    @Test
    void homeAssistantFindsIt() throws Exception {
        Scripted model = new Scripted(question -> "It is warm.");
        try (Bridge bridge = bridge("ha", model, """
                "prompts": [{"topic": "millrace/ask", "answer": "millrace/answer", "form": "json"}],
                "homeAssistant": {"topic": "millrace/ask", "id": "cellar"}
                """);
                Client client = new Client(broker.url(), "client", "homeassistant/+/+/+/config", "millrace/answer")) {
            connected(bridge);
            JsonNode text = JSON.readTree(client.await("homeassistant/text/cellar/question/config").text());
            assertEquals("millrace/ask", text.get("command_topic").asText());
            assertEquals("cellar_question", text.get("unique_id").asText());
            assertEquals("status/ha", text.get("availability_topic").asText());
            assertEquals("cellar", text.get("device").get("identifiers").get(0).asText());
            JsonNode sensor = JSON.readTree(client.await("homeassistant/sensor/cellar/answer/config").text());
            assertEquals("millrace/answer", sensor.get("state_topic").asText());
            assertEquals("millrace/answer", sensor.get("json_attributes_topic").asText());
            client.publish(text.get("command_topic").asText(), "How is it?", false);
            JsonNode answer = JSON.readTree(client.await(sensor.get("state_topic").asText()).text());
            assertEquals("It is warm.", answer.get("text").asText());
            // Home Assistant was started again
            client.publish("homeassistant/status", "online", false);
            client.await("homeassistant/sensor/cellar/answer/config");
        }
    }

    @Test
    void aFolderIsForOne() throws Exception {
        String rest = "\"prompts\": [{\"topic\": \"ask\"}]";
        try (Bridge bridge = bridge("same", new Scripted(question -> ""), rest)) {
            connected(bridge);
            Exception refused = org.junit.jupiter.api.Assertions.assertThrows(dev.millrace.api.MillraceException.class,
                    () -> bridge("same", new Scripted(question -> ""), rest));
            assertTrue(String.valueOf(refused.getMessage()).contains("another Millrace uses it now"));
        }
    }
}
