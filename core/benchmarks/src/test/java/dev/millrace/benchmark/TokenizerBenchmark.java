/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.text.tokenizer.PromptTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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

/** Text to ids and back, on one thread. Bytes are those of the text in UTF-8. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 7, time = 1)
public class TokenizerBenchmark {

    /** Work done, which JMH reports per second beside the number of calls. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Work {
        /** Bytes of text. */
        public long bytes;
        /** Tokens. */
        public long tokens;
    }

    /** Vocabulary: nano, a tokenizer.json or a model. */
    @Param(Material.OWN)
    public String vocabulary = "";

    /** Text: nano or a file. */
    @Param(Material.OWN)
    public String text = "";

    private PromptTokenizer tokenizer;
    private String content = "";
    private int[] ids = {};
    private int bytes;

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public TokenizerBenchmark() {
    }

    /** Reads everything. */
    @Setup
    public void start() throws IOException {
        tokenizer = Material.tokenizer(vocabulary);
        content = Material.text(text);
        ids = tokenizer.encode(content);
        bytes = content.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Text to ids. */
    @Benchmark
    public int[] encode(Work work) {
        int[] result = tokenizer.encode(content);
        work.bytes += bytes;
        work.tokens += result.length;
        return result;
    }

    /** Ids to text, token by token, as answers are streamed. */
    @Benchmark
    public int decode(Work work) {
        var decoder = tokenizer.decoder();
        int length = 0;
        for (int id : ids) {
            length += decoder.next(id).length();
        }
        length += decoder.finish().length();
        work.bytes += bytes;
        work.tokens += ids.length;
        return length;
    }
}
