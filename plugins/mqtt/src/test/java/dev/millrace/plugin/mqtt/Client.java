/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Somebody else at the broker. */
final class Client implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 30;

    /** What arrived. */
    record Heard(String topic, String text, boolean retained, String correlation, List<String> properties) {
    }

    private final String url;
    private final String name;
    private MqttAsyncClient client;
    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    /** All that ever arrived. */
    final List<Heard> all = new CopyOnWriteArrayList<>();

    Client(String url, String name, String... filters) throws MqttException {
        this.url = url.replace("mqtt:", "tcp:");
        this.name = name;
        client = fresh();
        connect();
        for (String filter : filters) {
            subscribe(filter);
        }
    }

    private MqttAsyncClient fresh() throws MqttException {
        MqttAsyncClient fresh = new MqttAsyncClient(url, name, new MemoryPersistence());
        fresh.setCallback(new MqttCallback() {
            @Override
            public void messageArrived(String topic, MqttMessage message) {
                MqttProperties properties = message.getProperties();
                byte[] correlation = properties.getCorrelationData();
                Heard one = new Heard(topic, new String(message.getPayload(), StandardCharsets.UTF_8),
                        message.isRetained(),
                        correlation == null ? "" : new String(correlation, StandardCharsets.UTF_8),
                        properties.getUserProperties().stream().map(each -> each.getKey() + "=" + each.getValue())
                                .toList());
                heard.add(one);
            }

            @Override
            public void disconnected(MqttDisconnectResponse response) {
                // the test connects again
            }

            @Override
            public void mqttErrorOccurred(MqttException exception) {
                // the test notices what is missing
            }

            @Override
            public void deliveryComplete(IMqttToken token) {
                // the test waits for it
            }

            @Override
            public void connectComplete(boolean reconnect, String serverURI) {
                // the test waits for it
            }

            @Override
            public void authPacketArrived(int reasonCode, MqttProperties properties) {
                // there is none
            }
        });
        return fresh;
    }

    /** Connects, again if need be; the broker has kept what this client has missed. */
    void connect() throws MqttException {
        close();
        client = fresh();
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(false);
        options.setSessionExpiryInterval(3_600L);
        client.connect(options).waitForCompletion(PATIENCE_SECONDS * 1000);
    }

    void subscribe(String filter) throws MqttException {
        client.subscribe(new MqttSubscription(filter, 1)).waitForCompletion(PATIENCE_SECONDS * 1000);
    }

    boolean isConnected() {
        return client.isConnected();
    }

    void publish(String topic, String text, boolean retain) throws MqttException {
        client.publish(topic, new MqttMessage(text.getBytes(StandardCharsets.UTF_8), 1, retain, new MqttProperties()))
                .waitForCompletion(PATIENCE_SECONDS * 1000);
    }

    void publish(String topic, byte[] payload) throws MqttException {
        client.publish(topic, new MqttMessage(payload, 1, false, new MqttProperties()))
                .waitForCompletion(PATIENCE_SECONDS * 1000);
    }

    /** Asks as MQTT 5 has it; does not wait for the broker. */
    IMqttToken request(String topic, String text, String responseTopic, String correlation) throws MqttException {
        MqttProperties properties = new MqttProperties();
        properties.setResponseTopic(responseTopic);
        properties.setCorrelationData(correlation.getBytes(StandardCharsets.UTF_8));
        return client.publish(topic, new MqttMessage(text.getBytes(StandardCharsets.UTF_8), 1, false, properties));
    }

    /** The next message of a topic; what arrives of others meanwhile is passed over. */
    Heard await(String topic) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            Heard one = heard.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (one == null) {
                throw new AssertionError(
                        "Nothing arrives at " + topic + "; there were " + all.stream().limit(20).toList());
            }
            all.add(one);
            if (one.topic().equals(topic)) {
                return one;
            }
        }
    }

    /** What has arrived and was not awaited; waits a while for the first. */
    List<Heard> drain(long millis) throws InterruptedException {
        Heard first = heard.poll(millis, TimeUnit.MILLISECONDS);
        List<Heard> rest = new java.util.ArrayList<>();
        if (first != null) {
            rest.add(first);
        }
        heard.drainTo(rest);
        return rest;
    }

    @Override
    public void close() throws MqttException {
        if (client.isConnected()) {
            client.disconnectForcibly(0, 1_000, true);
        }
        client.close(true);
    }
}
