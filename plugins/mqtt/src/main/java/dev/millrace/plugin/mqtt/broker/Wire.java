/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.broker;

import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.message.Outgoing;
import java.io.IOException;
import java.util.List;

/** How a broker is spoken to: all that is asked of a library. */
public interface Wire {

    /**
     * Connects once.
     *
     * @param listener told what happens, on a thread of the connection; must return soon
     * @throws IOException if the broker is not there or refuses, with the reason as a sentence
     */
    Session connect(Listener listener) throws IOException, InterruptedException;

    /** Told what happens on a connection. */
    interface Listener {

        /**
         * A message. It is delivered again, on another connection, if it is not acknowledged.
         *
         * @param acknowledge tells the broker that it need not come again; does nothing once the connection is lost
         */
        void arrived(Incoming message, Runnable acknowledge);

        /** The connection is gone, for good. */
        void lost(String reason);
    }

    /** What a broker is asked for, at least once each. */
    record Subscription(int number, String filter) {
    }

    /** A connection, used until it is lost. For any thread. */
    interface Session extends AutoCloseable {

        /** Asks for messages. */
        void subscribe(List<Subscription> subscriptions) throws IOException, InterruptedException;

        /**
         * Publishes, and waits until the broker has all.
         *
         * @throws IOException if it has not; some of them may have arrived
         */
        void publish(List<Outgoing> messages) throws IOException, InterruptedException;

        /**
         * Ends the connection. The broker goes on to keep what arrives.
         *
         * @param farewell published before; the last will is not
         */
        void close(List<Outgoing> farewell);

        /** Cuts the connection: the last will is published. */
        @Override
        void close();
    }
}
