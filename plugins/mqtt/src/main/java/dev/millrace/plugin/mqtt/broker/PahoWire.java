/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.broker;

import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.message.Outgoing;
import dev.millrace.plugin.mqtt.settings.Broker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/**
 * The wire by Eclipse Paho. Each connection is a client of its own: connecting again, and what waits for that, is not left to the
 * library.
 */
public final class PahoWire implements Wire {

    private static final System.Logger LOG = System.getLogger(PahoWire.class.getName());
    /** The library logs traces of what it also throws. Held here, or the setting would be forgotten. */
    private static final Logger TRACES = Logger.getLogger("org.eclipse.paho.mqttv5");
    private static final long PATIENCE_MILLIS = 20_000;
    /** Messages that the broker sends before the first of them is acknowledged. */
    private static final int UNACKNOWLEDGED = 64;
    private static final int LONGEST_PACKET = 1 << 24;

    private final Broker broker;

    /** A wire to a broker. */
    public PahoWire(Broker broker) {
        this.broker = broker;
        if (TRACES.getLevel() == null) {
            TRACES.setLevel(Level.OFF);
        }
    }

    @Override
    public Session connect(Listener listener) throws IOException, InterruptedException {
        MqttAsyncClient client;
        try {
            client = new MqttAsyncClient(
                    (broker.tls().isPresent() ? "ssl://" : "tcp://") + broker.address().getHost() + ":"
                            + broker.address().getPort(),
                    broker.client(), new MemoryPersistence());
        } catch (MqttException e) {
            throw new IOException(broker.name() + " cannot be reached: " + reason(e) + ".", e);
        }
        boolean connected = false;
        Connection connection = new Connection(client);
        try {
            client.setManualAcks(true);
            client.setCallback(new Ear(client, listener));
            await(client.connect(options()));
            connected = true;
            return connection;
        } catch (MqttException e) {
            throw new IOException(broker.name() + " cannot be reached: " + reason(e) + ".", e);
        } finally {
            if (!connected) {
                connection.close();
            }
        }
    }

    private MqttConnectionOptions options() {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setAutomaticReconnect(false);
        options.setCleanStart(false);
        options.setSessionExpiryInterval((long) broker.sessionSeconds());
        options.setKeepAliveInterval(broker.keepAliveSeconds());
        options.setConnectionTimeout((int) TimeUnit.MILLISECONDS.toSeconds(PATIENCE_MILLIS));
        options.setReceiveMaximum(UNACKNOWLEDGED);
        options.setMaximumPacketSize((long) LONGEST_PACKET);
        broker.user().ifPresent(options::setUserName);
        broker.password().ifPresent(password -> options.setPassword(password.getBytes(StandardCharsets.UTF_8)));
        broker.tls().ifPresent(tls -> {
            options.setSocketFactory(tls.sockets());
            options.setHttpsHostnameVerificationEnabled(true);
        });
        options.setWill(broker.status(), new MqttMessage("offline".getBytes(StandardCharsets.UTF_8), 1, true, null));
        return options;
    }

    private static void await(IMqttToken token) throws MqttException, InterruptedException {
        token.waitForCompletion(PATIENCE_MILLIS);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (!token.isComplete()) {
            throw new MqttException(MqttClientException.REASON_CODE_CLIENT_TIMEOUT);
        }
        if (token.getException() != null) {
            throw token.getException();
        }
    }

    /** What went wrong, in the words of whoever knows most of it. */
    private static String reason(MqttException problem) {
        Throwable deepest = problem;
        for (Throwable cause = problem.getCause(); cause != null; cause = cause.getCause()) {
            deepest = cause;
        }
        String message = deepest.getMessage();
        return message == null || message.isBlank() ? deepest.getClass().getSimpleName() : message;
    }

    private static MqttMessage message(Outgoing outgoing) {
        MqttProperties properties = new MqttProperties();
        outgoing.correlation().ifPresent(properties::setCorrelationData);
        List<UserProperty> user = new ArrayList<>();
        outgoing.properties().forEach((name, value) -> user.add(new UserProperty(name, value)));
        if (!user.isEmpty()) {
            properties.setUserProperties(user);
        }
        return new MqttMessage(outgoing.payload(), 1, outgoing.retain(), properties);
    }

    /** Hands on what arrives. */
    private record Ear(MqttAsyncClient client, Listener listener) implements MqttCallback {

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            MqttProperties properties = message.getProperties();
            listener.arrived(new Incoming(message.getId(), topic, message.getPayload(), message.isRetained(),
                    message.isDuplicate(), Optional.ofNullable(properties.getResponseTopic()),
                    Optional.ofNullable(properties.getCorrelationData()),
                    Optional.ofNullable(properties.getSubscriptionIdentifiers()).orElse(List.of())),
                    () -> acknowledge(message));
        }

        private void acknowledge(MqttMessage message) {
            try {
                client.messageArrivedComplete(message.getId(), message.getQos());
            } catch (MqttException e) {
                LOG.log(System.Logger.Level.DEBUG, "The connection is lost, and the message comes again.", e);
            }
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            MqttException problem = response == null ? null : response.getException();
            listener.lost(problem == null ? "the broker has ended the connection" : reason(problem));
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            listener.lost(reason(exception));
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // whoever published waits for it
        }

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {
            // whoever connects waits for it
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            // no kind of extended authentication is offered
        }
    }

    private static final class Connection implements Session {

        private final MqttAsyncClient client;
        private final AtomicBoolean closed = new AtomicBoolean();

        Connection(MqttAsyncClient client) {
            this.client = client;
        }

        @Override
        public void subscribe(List<Subscription> subscriptions) throws IOException, InterruptedException {
            try {
                List<IMqttToken> tokens = new ArrayList<>();
                for (Subscription each : subscriptions) {
                    MqttProperties properties = new MqttProperties();
                    properties.setSubscriptionIdentifier(each.number());
                    tokens.add(client.subscribe(new MqttSubscription[]{new MqttSubscription(each.filter(), 1)}, null,
                            null, properties));
                }
                for (int i = 0; i < tokens.size(); i++) {
                    await(tokens.get(i));
                    for (int code : tokens.get(i).getReasonCodes()) {
                        if (code >= 0x80) {
                            throw new IOException("The broker does not allow to subscribe to "
                                    + subscriptions.get(i).filter() + ".");
                        }
                    }
                }
            } catch (MqttException e) {
                throw new IOException("Topics cannot be subscribed to: " + reason(e) + ".", e);
            }
        }

        @Override
        public void publish(List<Outgoing> messages) throws IOException, InterruptedException {
            try {
                List<IMqttToken> tokens = new ArrayList<>();
                for (Outgoing each : messages) {
                    try {
                        tokens.add(client.publish(each.topic(), message(each)));
                    } catch (IllegalArgumentException e) {
                        // it would be refused for ever, and hold up all behind it
                        LOG.log(System.Logger.Level.WARNING,
                                "A message is dropped: nothing can be published at " + each.topic() + ".", e);
                    }
                }
                for (IMqttToken token : tokens) {
                    await(token);
                }
            } catch (MqttException e) {
                throw new IOException("The broker does not take a message: " + reason(e) + ".", e);
            }
        }

        @Override
        public void close(List<Outgoing> farewell) {
            try {
                publish(farewell);
                await(client.disconnect(1_000));
            } catch (IOException | MqttException e) {
                LOG.log(System.Logger.Level.DEBUG,
                        "The broker does not hear the farewell.", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            close();
        }

        @Override
        public void close() {
            if (closed.getAndSet(true)) {
                return;
            }
            try {
                // without a packet of farewell, so that the last will is published
                client.disconnectForcibly(0, 1, false);
            } catch (MqttException e) {
                LOG.log(System.Logger.Level.DEBUG, "It was not connected.", e);
            }
            try {
                client.close(true);
            } catch (MqttException e) {
                LOG.log(System.Logger.Level.DEBUG, "It is closed.", e);
            }
        }
    }
}
