/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.plugin.mqtt.broker.Wire;
import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that find no room are held, and come again, over a broker of this test. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class BridgeTest {

    @TempDir
    Path folder;

    private final Broker broker = new Broker();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void whoeverWaitsGoesOn() {
        go.countDown();
    }

    /** A broker that takes a message only with a permit, and tells what it took. */
    private static final class Broker implements Wire {

        private final CountDownLatch connected = new CountDownLatch(1);
        private final Semaphore permits = new Semaphore(0);
        private final BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        private volatile Listener listener = new Listener() {
            @Override
            public void arrived(Incoming message, Runnable acknowledge) {
                throw new IllegalStateException("Nobody listens yet.");
            }

            @Override
            public void lost(String reason) {
                throw new IllegalStateException("Nobody listens yet.");
            }
        };

        @Override
        public Session connect(Listener told) {
            listener = told;
            return new Session() {
                @Override
                public void subscribe(List<Subscription> subscriptions) {
                    connected.countDown();
                }

                @Override
                public void publish(List<Outgoing> messages) throws InterruptedException {
                    for (Outgoing message : messages) {
                        if (!message.topic().equals("reply")) {
                            continue;
                        }
                        permits.acquire();
                        taken.add(new String(message.payload(), StandardCharsets.UTF_8));
                    }
                }

                @Override
                public void close(List<Outgoing> farewell) {
                    permits.release(1_000);
                }

                @Override
                public void close() {
                    permits.release(1_000);
                }
            };
        }

        /** Delivers a request, and gives what tells that it was acknowledged. */
        CountDownLatch deliver(int id, String question, boolean repeated) {
            CountDownLatch acknowledged = new CountDownLatch(1);
            byte[] bytes = question.getBytes(StandardCharsets.UTF_8);
            listener.arrived(new Incoming(id, "ask", bytes, false, repeated, Optional.of("reply"), Optional.of(bytes),
                    List.of()), acknowledged::countDown);
            return acknowledged;
        }

        String taken() throws InterruptedException {
            String text = taken.poll(30, TimeUnit.SECONDS);
            assertNotNull(text, "Nothing was published.");
            return text;
        }
    }

    private Bridge bridge(Scripted model) throws InterruptedException {
        Bridge bridge = new Bridge(SettingsFile.read(folder.resolve("mqtt.json"), """
                {"broker": {"url": "mqtt://localhost"}, "folder": "queue", "atOnce": 1, "waitingMessages": 1,
                 "prompts": [{"topic": "ask"}]}"""), broker, model, InstantSource.system());
        bridge.start();
        assertTrue(broker.connected.await(30, TimeUnit.SECONDS));
        return bridge;
    }

    private static Map<String, Integer> asked(Scripted model) {
        Map<String, Integer> asked = new TreeMap<>();
        model.asked.forEach((question, number) -> asked.put(question, number.get()));
        return asked;
    }

    private static void nothingIsLeft(Bridge bridge) {
        while (bridge.waiting() > 0 || bridge.unsent() > 0) {
            Thread.onSpinWait();
        }
    }

    /** A model that says when it has begun, and answers once it may. */
    private Scripted patient() {
        return new Scripted(question -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return "+" + question;
        });
    }

    @Test
    void aRequestThatIsHeldTwiceIsAskedOnce() throws Exception {
        broker.permits.release(1_000);
        Scripted model = patient();
        try (Bridge bridge = bridge(model)) {
            assertEquals(0, broker.deliver(1, "first", false).getCount());
            begun.await();
            CountDownLatch held = broker.deliver(2, "second", false);
            CountDownLatch between = broker.deliver(3, "third", false);
            CountDownLatch again = broker.deliver(4, "second", false);
            assertEquals(1, held.getCount());
            go.countDown();
            assertEquals(List.of("+first", "+second", "+second", "+third"),
                    Stream.of(broker.taken(), broker.taken(), broker.taken(), broker.taken()).sorted().toList());
            held.await();
            between.await();
            again.await();
            assertEquals(Map.of("first", 1, "second", 1, "third", 1), asked(model));
            nothingIsLeft(bridge);
        }
    }

    /** With one thread that asks: it goes on. */
    @Test
    void aFaultOfAPluginCostsItsQuestionAlone() throws Exception {
        broker.permits.release(1_000);
        Scripted model = new Scripted(question -> switch (question) {
            case "null" -> throw new NullPointerException("a fault");
            case "link" -> throw new NoSuchMethodError("of another version");
            case "deep" -> throw new StackOverflowError();
            default -> "+" + question;
        });
        try (Bridge bridge = bridge(model)) {
            int id = 0;
            for (String question : List.of("null", "link", "deep")) {
                broker.deliver(++id, question, false);
                String answer = broker.taken();
                assertTrue(answer.startsWith("The question failed: java.lang."), answer);
            }
            broker.deliver(++id, "well", false);
            assertEquals("+well", broker.taken());
            nothingIsLeft(bridge);
        }
    }

    @Test
    void whatABrokerRepeatsIsHeldOnce() throws Exception {
        broker.permits.release(1_000);
        Scripted model = patient();
        try (Bridge bridge = bridge(model)) {
            broker.deliver(1, "first", false);
            begun.await();
            CountDownLatch old = broker.deliver(2, "second", false);
            CountDownLatch fresh = broker.deliver(2, "second", true);
            CountDownLatch third = broker.deliver(3, "third", false);
            go.countDown();
            assertEquals(List.of("+first", "+second", "+third"),
                    List.of(broker.taken(), broker.taken(), broker.taken()));
            fresh.await();
            third.await();
            assertEquals(1, old.getCount());
            assertEquals(Map.of("first", 1, "second", 1, "third", 1), asked(model));
            nothingIsLeft(bridge);
        }
    }

    @Test
    void anAnswerIsSentAgainEvenIfTheOutboxIsFullWhenItIsAskedForAgain() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        Scripted model = new Scripted(question -> {
            answered.countDown();
            return "+" + question;
        });
        try (Bridge bridge = bridge(model)) {
            broker.deliver(1, "first", false);
            answered.await();
            while (bridge.unsent() == 0 || bridge.waiting() > 0) {
                Thread.onSpinWait();
            }
            CountDownLatch again = broker.deliver(2, "first", false);
            assertEquals(1, again.getCount());
            broker.permits.release(1_000);
            assertEquals(List.of("+first", "+first"), List.of(broker.taken(), broker.taken()));
            again.await();
            assertEquals(Map.of("first", 1), asked(model));
        }
    }
}
