/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.Timings;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.Usage;
import dev.millrace.plugin.mqtt.talk.Models;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A model that answers at once, by a rule, and counts what it is asked. */
final class Scripted implements Models {

    private final UnaryOperator<String> rule;
    /** How often each question was asked. */
    final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

    Scripted(UnaryOperator<String> rule) {
        this.rule = rule;
    }

    @Override
    public List<ToolProvider> tools() {
        return List.of();
    }

    @Override
    public Model model(Optional<String> name) {
        return (Model) Proxy.newProxyInstance(Model.class.getClassLoader(), new Class<?>[]{Model.class},
                (proxy, method, arguments) -> builder());
    }

    private Conversation.Builder builder() {
        return (Conversation.Builder) Proxy.newProxyInstance(Model.class.getClassLoader(),
                new Class<?>[]{Conversation.Builder.class},
                (proxy, method, arguments) -> method.getName().equals("start") ? conversation() : proxy);
    }

    private Conversation conversation() {
        return (Conversation) Proxy.newProxyInstance(Model.class.getClassLoader(),
                new Class<?>[]{Conversation.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("send")) {
                        return null;
                    }
                    String question = (String) arguments[0];
                    asked.computeIfAbsent(question, each -> new AtomicInteger()).incrementAndGet();
                    return new Said(rule.apply(question));
                });
    }

    private record Said(String text) implements Generation {

        @Override
        public Iterator<Event> iterator() {
            return List.<Event>of(new Event.Text(text), new Event.Finished(FinishReason.STOP, new Usage(1, 0, 1),
                    new Timings(Duration.ZERO, Duration.ZERO, 1, Duration.ZERO, 1, Duration.ZERO))).iterator();
        }

        @Override
        public Answer answer() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Flow.Publisher<Event> publisher() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void cancel() {
            // it is over
        }

        @Override
        public void answerNow() {
            // it is over
        }

        @Override
        public Optional<String> waitsFor() {
            return Optional.empty();
        }

        @Override
        public boolean isDone() {
            return true;
        }

        @Override
        public void close() {
            // nothing is held
        }
    }
}
