/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolProvider;
import dev.millrace.test.House;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** A plugin is updated in the middle of an answer: the answer ends as it would have, and the next call is one of the new version. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class PluginUpdateTest {

    private final Millrace millrace;
    /** The versions that were called. */
    private final List<String> called = new ArrayList<>();
    private Runnable inTheCall = () -> {
    };
    private final Bundle plugin;
    private final ServiceRegistration<?> told;

    @SuppressWarnings("JdkObsolete") // frameworks want a dictionary
    PluginUpdateTest(@InjectBundleContext BundleContext context, @InjectService(timeout = 10_000) Millrace millrace)
            throws Exception {
        this.millrace = millrace;
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("plugin", Switches.NAME);
        told = context.registerService(Consumer.class, (Consumer<String>) this::called, properties);
        plugin = context.installBundle(Switches.NAME, Switches.jar("1"));
    }

    private void called(String version) {
        called.add(version);
        inTheCall.run();
    }

    @BeforeEach
    void start() throws BundleException {
        plugin.start();
    }

    @AfterEach
    void end() throws BundleException {
        plugin.uninstall();
        told.unregister();
    }

    private void update(String version) {
        try {
            plugin.update(Switches.jar(version));
        } catch (BundleException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ToolProvider provider() {
        return millrace.toolProviders().stream().filter(one -> one.name().equals(Switches.NAME)).findFirst()
                .orElseThrow();
    }

    /** Asks for the lamp, and does something when the first text comes. */
    private static String answer(Conversation conversation, Runnable inTheText) {
        try (Generation generation = conversation.send(House.QUESTIONS.getFirst())) {
            boolean begun = false;
            for (Event event : generation) {
                if (event instanceof Event.Text && !begun) {
                    begun = true;
                    inTheText.run();
                }
            }
            Answer answer = generation.answer();
            assertEquals(FinishReason.STOP, answer.reason());
            return answer.text();
        }
    }

    @Test
    void anAnswerEndsAndTheNextCallIsOneOfTheNewVersion() {
        Runnable nothing = inTheCall;
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS);
                Conversation undisturbed = model.conversation().tools(provider()).sampling(Sampling.greedy()).start();
                Conversation conversation = model.conversation().tools(provider()).sampling(Sampling.greedy())
                        .start()) {
            List<String> right = List.of(answer(undisturbed, nothing), answer(undisturbed, nothing),
                    answer(undisturbed, nothing));
            assertFalse(right.contains(""));
            assertEquals(List.of("1.0.0", "1.0.0", "1.0.0"), called);
            called.clear();
            inTheCall = () -> {
                inTheCall = nothing;
                update("2");
            };
            List<String> answers = List.of(answer(conversation, nothing), answer(conversation, () -> update("3")),
                    answer(conversation, nothing));
            assertEquals(right, answers);
            assertEquals(List.of("1.0.0", "2.0.0", "3.0.0"), called);
        }
    }
}
