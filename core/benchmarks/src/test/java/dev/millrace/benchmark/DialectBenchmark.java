/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.text.dialect.HermesDialect;
import dev.millrace.text.dialect.Lfm2Dialect;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Takes answers with thinking, text and three calls apart while they arrive; times are those of one piece of 4 characters. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DialectBenchmark {

    private static final int PIECE = 4;
    private static final int PIECES = 128;
    private static final String THINKING = "<think>The cellar may be damp, so I read its sensors before I switch on a fan. "
            + "</think>I look.";
    private static final String PYTHONIC = padded(THINKING
            + "<|tool_call_start|>[read_sensor(room=\"cellar\", quantity=\"humidity\"), read_sensor(room=\"cellar\", "
            + "quantity=\"temperature\"), set_device(name=\"fan\", state=\"on\", options={\"speed\": 2})]<|tool_call_end|>");
    private static final String JSON = padded(THINKING + call("read_sensor", "\"room\": \"cellar\"")
            + call("read_sensor", "\"room\": \"kitchen\"") + call("set_device", "\"name\": \"fan\", \"speed\": 2"));

    /** Made by JMH. */
    public DialectBenchmark() {
    }

    private static String call(String name, String arguments) {
        return "<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": {" + arguments + "}}\n</tool_call>\n";
    }

    /** As many pieces whatever the dialect. */
    private static String padded(String answer) {
        return answer + ".".repeat(PIECE * PIECES - answer.length());
    }

    private static void parse(Dialect dialect, String answer, Blackhole events) {
        DialectParser parser = dialect.parser(false);
        for (int i = 0; i < answer.length(); i += PIECE) {
            parser.accept(answer.substring(i, i + PIECE), events::consume);
        }
        parser.finish(events::consume);
    }

    /** LFM2: calls as Python writes them. */
    @Benchmark
    @OperationsPerInvocation(PIECES)
    public void pythonic(Blackhole events) {
        parse(new Lfm2Dialect(), PYTHONIC, events);
    }

    /** Hermes and Qwen: calls as JSON. */
    @Benchmark
    @OperationsPerInvocation(PIECES)
    public void json(Blackhole events) {
        parse(new HermesDialect(), JSON, events);
    }
}
