/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/**
 * What every tool provider promises. A provider's tests extend this class, name the provider and calls that a model makes. Tools
 * are called, also with arguments that do not fit: let the provider work on a device that only pretends.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class ToolProviderContract {

    private static final int SHORTEST_DESCRIPTION = 8;
    private static final int AT_ONCE = 4;

    /** For classes that extend this one. */
    protected ToolProviderContract() {
    }

    /**
     * The provider under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract ToolProvider provider();

    /**
     * Calls that its tools take, as a model makes them.
     *
     * @return name of the tool and arguments; every tool at least once
     */
    protected abstract List<ToolCall> calls();

    /**
     * How long one call may take.
     *
     * @return ten seconds by default
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    // ---- what models are told

    @Test
    void providersHaveNamesAndTools() {
        assertTrue(provider().name().matches("\\S+"), () -> "name() is one word: \"" + provider().name() + "\"");
        assertEquals(provider().name(), provider().name());
        List<String> names = provider().tools().stream().map(tool -> tool.definition().name()).toList();
        assertFalse(names.isEmpty(), "tools() is empty, so models are told of nothing.");
        assertEquals(names.stream().distinct().toList(), names,
                "Two tools have the same name: a conversation refuses them.");
        assertEquals(names, provider().tools().stream().map(tool -> tool.definition().name()).toList(),
                "tools() is asked once for each conversation, and gives the same tools");
    }

    @Test
    void definitionsTellAModelWhatToDo() {
        assertAll(provider().tools().stream().map(tool -> () -> {
            ToolDefinition definition = tool.definition();
            assertTrue(definition.description().strip().length() >= SHORTEST_DESCRIPTION,
                    () -> "The description of " + definition.name() + ", \"" + definition.description()
                            + "\", does not say what it does and when to use it: models go by it.");
            assertEquals(definition, tool.definition(), "definition() is always the same");
            assertEquals(List.of(), SchemaCheck.problems(definition.parameters()),
                    () -> "The parameters of " + definition.name() + " are no valid JSON schema");
        }));
    }

    // ---- calls

    private Tool tool(String name) {
        return provider().tools().stream().filter(tool -> tool.definition().name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError("calls() calls " + name + ", and there is no such tool."));
    }

    @Test
    void callsAreAnswered() {
        List<String> called = calls().stream().map(ToolCall::name).toList();
        for (Tool tool : provider().tools()) {
            assertTrue(called.contains(tool.definition().name()),
                    () -> "calls() has no call of " + tool.definition().name() + ".");
        }
        assertAll(calls().stream().map(call -> () -> {
            ToolResult result;
            try {
                result = tool(call.name()).call(call);
            } catch (Exception e) {
                throw new AssertionError(call + ", which calls() lists, throws " + e, e);
            }
            assertPlain(call, result);
            assertFalse(result.error(),
                    () -> call + ", which calls() lists, is answered by the error " + result.value());
        }));
    }

    private static void assertPlain(ToolCall call, @Nullable ToolResult result) {
        assertTrue(result != null, () -> call + " is answered by null: give a ToolResult.");
        if (result != null) {
            PlainValues.problem(result.value()).ifPresent(problem -> {
                throw new AssertionError(call + " is answered by " + problem
                        + ": give text, or data that becomes JSON (Tools.of makes it of records and enums).");
            });
        }
    }

    /** Arguments that a model may come up with. */
    private static List<Map<String, @Nullable Object>> odd(ToolDefinition tool) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        all.add(Map.of());
        all.add(Map.of("tck_unknown", 1L));
        List<String> names = tool.parameters().get("properties") instanceof Map<?, ?> properties
                ? properties.keySet().stream().map(String::valueOf).toList()
                : List.of();
        for (@Nullable
        Object value : Arrays.asList(null, "", "tck", -1L, Long.MAX_VALUE, 1e300, true, List.of(), Map.of(),
                List.of(List.of(Map.of("a", "b"))), "x".repeat(20_000), "\0\ud83d")) {
            Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
            names.forEach(name -> arguments.put(name, value));
            all.add(arguments);
        }
        return all;
    }

    @Test
    void whatDoesNotFitIsTold() {
        assertAll(provider().tools().stream().flatMap(tool -> odd(tool.definition()).stream().map(arguments -> () -> {
            ToolCall call = new ToolCall("0", tool.definition().name(), arguments);
            try {
                assertPlain(call, tool.call(call));
            } catch (Exception e) {
                // the model is told the message
                assertFalse(e.getMessage() == null || e.getMessage().isBlank() || e instanceof NullPointerException
                        || e instanceof ClassCastException,
                        () -> AnswerEvents.shown(call.toString()) + " throws " + e
                                + ", from which a model learns nothing: say what was expected and what to do instead.");
            } catch (StackOverflowError | OutOfMemoryError e) {
                throw new AssertionError(AnswerEvents.shown(call.toString()) + " ends in " + e, e);
            }
        })));
    }

    @Test
    void severalConversationsCallAtOnce() throws InterruptedException {
        assumeFalse(calls().isEmpty(), "calls() lists none");
        List<Tool> shared = provider().tools();
        AtomicReference<@Nullable Throwable> problem = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch begin = new CountDownLatch(1);
        for (int i = 0; i < AT_ONCE; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    begin.await();
                    for (ToolCall call : calls()) {
                        for (Tool tool : shared) {
                            if (tool.definition().name().equals(call.name())) {
                                assertPlain(call, tool.call(call));
                            }
                        }
                    }
                } catch (Exception | AssertionError e) {
                    problem.compareAndSet(null, e);
                }
            }));
        }
        begin.countDown();
        for (Thread thread : threads) {
            assertTrue(thread.join(patience()), () -> AT_ONCE + " conversations that call at once do not end within "
                    + patience());
        }
        Throwable first = problem.get();
        assertTrue(first == null, () -> "Calls of several conversations at once disturb each other: " + first);
    }

    @Test
    void anInterruptEndsACall() throws InterruptedException {
        for (ToolCall call : calls()) {
            CountDownLatch done = new CountDownLatch(1);
            Thread thread = Thread.ofVirtual().start(() -> {
                Thread.currentThread().interrupt();
                try {
                    tool(call.name()).call(call);
                } catch (Exception e) {
                    Thread.currentThread().interrupt(); // it may say that it was interrupted
                } finally {
                    done.countDown();
                }
            });
            assertTrue(done.await(patience().toMillis(), TimeUnit.MILLISECONDS), () -> call
                    + " goes on although it was interrupted: the answer was cancelled, so end.");
            thread.join();
        }
    }
}
