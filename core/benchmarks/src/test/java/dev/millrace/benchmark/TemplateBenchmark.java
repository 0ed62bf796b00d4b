/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.text.template.ChatTemplate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Renders a conversation of 100 messages of some 200 characters; and compiles the template. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TemplateBenchmark {

    private static final int MESSAGES = 100;

    /** Template: nano, a .jinja file or a model. */
    @Param(Material.OWN)
    public String template = "";

    private String source = "";
    private ChatTemplate compiled;
    private Map<String, ?> variables = Map.of();

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public TemplateBenchmark() {
    }

    /** Compiles it once and makes the messages. */
    @Setup
    public void start() throws IOException {
        source = Material.template(template);
        compiled = ChatTemplate.compile(source);
        List<Map<String, ?>> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content",
                    "Sensor " + i + " in the cellar: what does it read, and is that too damp? ".repeat(3)));
        }
        variables = Map.of("messages", messages, "add_generation_prompt", true, "bos_token", "<s>", "eos_token",
                "</s>");
    }

    /** Variables to text. */
    @Benchmark
    public String render() {
        return compiled.render(variables);
    }

    /** Source to template, once a model. */
    @Benchmark
    public ChatTemplate compile() {
        return ChatTemplate.compile(source);
    }
}
