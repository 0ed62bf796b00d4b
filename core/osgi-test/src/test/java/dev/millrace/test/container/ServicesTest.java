/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.text.Dialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.common.service.ServiceAware;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** Services come, are used, and go while the framework runs. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ServicesTest {

    private final BundleContext context;
    private final ServiceAware<Millrace> runtime;

    ServicesTest(@InjectBundleContext BundleContext context,
            @InjectService(timeout = 10_000) ServiceAware<Millrace> runtime) {
        this.context = context;
        this.runtime = runtime;
    }

    private Millrace millrace() {
        return Objects.requireNonNull(runtime.getService());
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(bundle -> name.equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
    }

    private <S> List<String> ids(Class<S> type, Function<S, String> id) throws InvalidSyntaxException {
        List<String> ids = new ArrayList<>();
        Collection<ServiceReference<S>> references = context.getServiceReferences(type, null);
        for (ServiceReference<S> reference : references) {
            ids.add(id.apply(context.getService(reference)));
            context.ungetService(reference);
        }
        return ids;
    }

    private List<String> devicesOf(String backend) {
        return millrace().devices().stream().filter(device -> device.backend().equals(backend)).map(Device::id)
                .toList();
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("millrace-")).sorted().toList();
    }

    @Test
    void everythingThatIsInstalledIsOffered() throws InvalidSyntaxException {
        assertTrue(ids(Backend.class, Backend::id).contains("cpu"));
        assertTrue(ids(ModelFormat.class, ModelFormat::id).containsAll(List.of("gguf", "safetensors")));
        assertTrue(ids(Dialect.class, Dialect::id).contains("lfm2"));
        assertEquals(List.of("nano"), millrace().models());
        assertTrue(millrace().toolProviders().stream().map(ToolProvider::name).toList().contains("gateway"));
        // the flag is set, so there are kernels for the vector unit
        assertTrue(devicesOf("cpu").contains("cpu:vector"));
    }

    @Test
    void aQuestionIsAnsweredWithAToolCallThatRuns() {
        try (Model model = millrace().open("nano");
                Conversation conversation = model.conversation().suggestedTools().sampling(Sampling.greedy()).start();
                Generation generation = conversation.send("Turn on the kitchen lamp.")) {
            Answer answer = generation.answer();
            assertEquals("set_device", answer.toolCalls().getFirst().name());
            assertEquals(Map.of("name", "kitchen_lamp", "state", "on"), answer.toolCalls().getFirst().arguments());
            List<Event.ToolAnswered> results = new ArrayList<>();
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(answered);
                }
            }
            assertEquals(1, results.size());
            assertFalse(results.getFirst().result().error());
            assertEquals(Map.of("ok", true, "name", "kitchen_lamp", "state", "on"),
                    results.getFirst().result().value());
        }
    }

    @Test
    void aBackendIsDroppedAndPickedUpWhileTheFrameworkRuns() throws BundleException {
        Bundle cpu = bundle("dev.millrace.backend.cpu");
        cpu.stop();
        try {
            assertEquals(List.of(), devicesOf("cpu"));
            assertThrows(BackendException.class, () -> millrace().open("nano"));
            assertEquals(List.of(), threads());
        } finally {
            cpu.start();
        }
        assertTrue(devicesOf("cpu").contains("cpu:vector"));
        try (Model model = millrace().open("nano")) {
            assertFalse(model.ask("Hello!").text().isEmpty());
        }
    }

    @Test
    void answersAreHeldWhileTheGrammarsAreThere() throws BundleException {
        Bundle grammar = bundle("dev.millrace.grammar");
        AnswerFormat digits = new AnswerFormat.Pattern("[0-9]{3}");
        try (Model model = millrace().open("nano")) {
            grammar.stop();
            try {
                assertEquals(
                        "No plugin is here that can enforce an answer of the kind Pattern: add one, or ask for free text.",
                        assertThrows(IllegalArgumentException.class, () -> model.conversation().format(digits).start())
                                .getMessage());
                // what nobody asked for is not missed
                model.conversation().suggestedTools().start().close();
            } finally {
                grammar.start();
            }
            try (Conversation conversation = model.conversation().format(digits).reasoning(Reasoning.off()).start()) {
                String text = conversation.send("Hello!").answer().text();
                assertTrue(text.matches("[0-9]{3}"), text);
            }
        }
    }

    @Test
    void toolsOfOthersAreOfferedWhileTheyAreThere() {
        ToolProvider bell = new ToolProvider() {
            @Override
            public String name() {
                return "bell";
            }

            @Override
            public List<dev.millrace.api.Tool> tools() {
                return Tools.of(new Object() {
                    @ToolSpec("Ring the bell.")
                    void ring() {
                    }
                }).tools();
            }
        };
        assertFalse(millrace().toolProviders().contains(bell));
        ServiceRegistration<ToolProvider> registration = context.registerService(ToolProvider.class, bell, null);
        assertTrue(millrace().toolProviders().contains(bell));
        registration.unregister();
        assertFalse(millrace().toolProviders().contains(bell));
    }

    @Test
    void stoppingTheEngineClosesModelsAndEndsThreads() throws Exception {
        Bundle engine = bundle("dev.millrace.engine");
        Model model = millrace().open("nano");
        Conversation conversation = model.conversation().start();
        assertFalse(threads().isEmpty());
        engine.stop();
        try {
            assertThrows(IllegalStateException.class, () -> conversation.send("Hello!"));
            assertEquals(List.of(), threads());
            assertEquals(null, context.getServiceReference(Millrace.class));
        } finally {
            engine.start();
        }
        assertEquals(List.of("nano"), Objects.requireNonNull(runtime.waitForService(10_000)).models());
    }
}
