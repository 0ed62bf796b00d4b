/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Metric;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is counted, and how it is told. */
@Timeout(60)
class MetricsTest {

    private static final String CALL = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";

    @TempDir
    Path folder;

    private static <M extends Metric> M find(Stage stage, Class<M> kind, String name, Map<String, String> labels) {
        return stage.engine.metrics().stream()
                .filter(one -> one.name().equals(name) && one.labels().entrySet().containsAll(labels.entrySet()))
                .map(kind::cast).findFirst().orElseThrow(() -> new AssertionError("no " + name + " " + labels));
    }

    private static long count(Stage stage, String name) {
        return find(stage, Metric.Counter.class, name, Map.of("model", "scripted")).value();
    }

    private static long count(Stage stage, String name, String label, String value) {
        return find(stage, Metric.Counter.class, name, Map.of("model", "scripted", label, value)).value();
    }

    private static Metric.Histogram spread(Stage stage, String name) {
        return find(stage, Metric.Histogram.class, name, Map.of("model", "scripted"));
    }

    private static double gauge(Stage stage, String name) {
        return find(stage, Metric.Gauge.class, name, Map.of("model", "scripted")).value();
    }

    @Test
    void countsWhatAnswersTell() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "First.", "Second."))) {
            Answer first;
            Answer second;
            try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                first = conversation.send("One").answer();
                second = conversation.send("Two").answer();
                assertEquals(1, gauge(stage, "conversations_open"));
                assertEquals(0, gauge(stage, "answers_running"));
                assertEquals(1000, gauge(stage, "model_bytes"));
                assertTrue(gauge(stage, "sequences_open") > 0);
            }
            assertEquals((long) first.usage().promptTokens() + second.usage().promptTokens(),
                    count(stage, "prompt_tokens"));
            assertEquals((long) first.usage().cachedTokens() + second.usage().cachedTokens(),
                    count(stage, "cached_tokens"));
            long completed = (long) first.usage().completionTokens() + second.usage().completionTokens();
            assertEquals(completed, count(stage, "completion_tokens"));
            assertEquals(2, count(stage, "answers", "reason", "stop"));
            assertEquals(2, spread(stage, "first_token_seconds").count());
            assertEquals(completed - 2, spread(stage, "between_tokens_seconds").count());
            assertEquals((long) first.timings().prefillTokens() + second.timings().prefillTokens(),
                    count(stage, "prefill_tokens"));
            assertEquals(spread(stage, "batch_sequences").sum(), (double) spread(stage, "step_seconds").count(),
                    "one conversation alone");
            assertEquals(1, spread(stage, "load_seconds").count());
            // a model that is opened again goes on counting
            try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                conversation.send("One").answer();
            }
            assertEquals(3, count(stage, "answers", "reason", "stop"));
            assertEquals(2, spread(stage, "load_seconds").count());
        }
    }

    @Test
    void countsTheWaysInWhichAnswersEndAndWhatToolsDid() {
        ScriptedBackend backend = new ScriptedBackend("a", true, CALL, "Fine.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            model.conversation().tools(Stage.tool("look", call -> ToolResult.of("dry"))).start().send("Look").answer();
            model.conversation().tools(Stage.tool("look", call -> {
                throw new IOException("no light");
            })).start().send("Look").answer();
            assertEquals(1, count(stage, "tool_calls", "result", "done"));
            assertEquals(1, count(stage, "tool_calls", "result", "error"));
            assertEquals(2, spread(stage, "tool_seconds").count());
            model.conversation().maxTokens(1).start().send("Look").answer();
            assertEquals(1, count(stage, "answers", "reason", "length"));
            backend.onForward = steps -> {
                throw new BackendException("Broken.");
            };
            assertThrows(BackendException.class, () -> model.conversation().start().send("Look").answer());
            assertEquals(1, count(stage, "answers", "reason", "failed"));
            assertEquals(2, count(stage, "backend_failures"), "it is tried once more");
        }
    }

    @Test
    void eachNameAndItsLabelsStandThereOnce() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "First."));
                Model one = stage.open();
                Model two = stage.open()) {
            one.conversation().start().send("x").answer();
            two.conversation().start().send("x").answer();
            List<Metric> all = stage.engine.metrics();
            Set<String> seen = new HashSet<>();
            all.forEach(metric -> assertTrue(seen.add(metric.name() + metric.labels()), metric::toString));
            all.stream().collect(Collectors.groupingBy(Metric::name)).forEach((name, some) -> {
                assertTrue(name.matches("[a-z][a-z_]*"), name);
                assertEquals(1, some.stream().map(Metric::getClass).distinct().count(), name);
                assertEquals(1, some.stream().map(Metric::description).distinct().count(), name);
                assertEquals(1, some.stream().map(metric -> metric.labels().keySet()).distinct().count(), name);
            });
            assertEquals(2, gauge(stage, "models_open"));
            assertEquals(2, count(stage, "answers", "reason", "stop"));
        }
    }

    @Test
    void tellsHowModelsAre() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        ScriptedBackend other = new ScriptedBackend("b", true, "First.");
        CountDownLatch computing = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (Stage stage = new Stage(folder, backend, other)) {
            assertEquals(List.of(), stage.engine.health());
            Model model = stage.open(ModelOptions.defaults().withBackend("a"));
            ModelHealth health = stage.engine.health().getFirst();
            assertEquals(new ModelHealth("scripted", ModelHealth.State.READY, model.device(), "", 0, 0), health);
            backend.onForward = steps -> {
                computing.countDown();
                await(release);
            };
            Generation answer = model.conversation().start().send("x");
            await(computing);
            assertEquals(1, stage.engine.health().getFirst().answers());
            release.countDown();
            answer.answer();
            other.onLoad = () -> assertEquals(ModelHealth.State.MOVING, stage.engine.health().getFirst().state());
            model.moveTo("b");
            assertEquals("b:0", stage.engine.health().getFirst().device().id());
            assertEquals(1, count(stage, "swaps", "result", "done"));
            assertThrows(BackendException.class, () -> model.moveTo("nowhere"));
            assertEquals(1, count(stage, "swaps", "result", "failed"));
            // nothing else can run it
            stage.services.backends.remove(backend);
            other.onForward = steps -> {
                throw new BackendException("Broken.");
            };
            assertThrows(BackendException.class, () -> model.conversation().start().send("x").answer());
            ModelHealth lost = stage.engine.health().getFirst();
            assertEquals(ModelHealth.State.LOST, lost.state());
            assertEquals("Broken.", lost.reason());
            model.close();
            assertEquals(List.of(), stage.engine.health());
        }
    }

    @Test
    void theFlightRecorderKeepsWhatHappened() throws IOException {
        Path file = folder.resolve("flight.jfr");
        ScriptedBackend backend = new ScriptedBackend("a", true, CALL, "Fine.");
        try (Stage stage = new Stage(folder, backend, new ScriptedBackend("b", true, CALL, "Fine."));
                Recording recording = new Recording()) {
            recording.start();
            try (Model model = stage.open(ModelOptions.defaults().withBackend("a"))) {
                model.conversation().tools(Stage.tool("look", call -> ToolResult.of("dry"))).start().send("Look")
                        .answer();
                model.moveTo("b");
            }
            recording.stop();
            recording.dump(file);
        }
        Map<String, List<RecordedEvent>> events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("dev.millrace."))
                .collect(Collectors.groupingBy(event -> event.getEventType().getName()));
        assertEquals(Set.of("dev.millrace.Load", "dev.millrace.Prefill", "dev.millrace.Step", "dev.millrace.Swap",
                "dev.millrace.ToolCall"), events.keySet());
        assertEquals("look", first(events, "dev.millrace.ToolCall").getString("tool"));
        RecordedEvent swap = first(events, "dev.millrace.Swap");
        assertEquals("a:0 b:0 true",
                swap.getString("from") + " " + swap.getString("to") + " " + swap.getBoolean("done"));
        assertEquals(2, events.getOrDefault("dev.millrace.Load", List.of()).size());
        long read = events.getOrDefault("dev.millrace.Step", List.of()).stream()
                .mapToInt(step -> step.getInt("prefillTokens") + step.getInt("decodeTokens")).sum();
        assertEquals(backend.tokensRead.get(), read);
    }

    private static RecordedEvent first(Map<String, List<RecordedEvent>> events, String name) {
        return events.getOrDefault(name, List.of()).getFirst();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
