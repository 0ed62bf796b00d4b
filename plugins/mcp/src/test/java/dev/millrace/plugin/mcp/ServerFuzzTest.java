/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.plugin.mcp.server.StreamConversation;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Mutated messages: the server answers or passes over each, and serves on. As many as the system property {@code millrace.fuzz}
 * says, from the seed {@code millrace.fuzz.seed}.
 */
class ServerFuzzTest {

    @Test
    void itServesOn() throws Exception {
        int messages = Integer.getInteger("millrace.fuzz", 5_000);
        Mutations mutations = new Mutations(new Random(Long.getLong("millrace.fuzz.seed", 1)));
        Answers answers = new Answers();
        long before = memory();
        // the last line is whole and asks for a sign of life
        Lines lines = new Lines(mutations, messages);
        long begun = System.nanoTime();
        StreamConversation.serve(new Fixture(), lines, answers, java.time.Duration.ofSeconds(10));
        if (messages > 5_000) {
            System.out.printf("%d messages, %d answers, %.1f s; the slowest held up the next one for %.1f ms%n",
                    messages,
                    answers.count, (System.nanoTime() - begun) / 1e9, lines.slowest / 1e6);
        }
        assertTrue(answers.alive, "no sign of life after " + messages + " messages; answers " + answers.count);
        assertTrue(answers.count > messages / 2, "only " + answers.count + " answers to " + messages + " messages");
        assertTrue(memory() - before < 64 << 20, "memory grew");
    }

    private static long memory() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** Mutated messages, one after the other. */
    private static final class Lines extends InputStream {

        private static final byte[] LIFE = "\n{\"jsonrpc\":\"2.0\",\"id\":\"alive\",\"method\":\"ping\"}\n"
                .getBytes(StandardCharsets.UTF_8);
        private final Mutations mutations;
        private int left;
        private byte[] current;
        private int at;
        private long handed;
        private long slowest;

        Lines(Mutations mutations, int count) {
            this.mutations = mutations;
            this.left = count;
            this.current = ("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
                    + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"f\",\"version\":\"1\"}}}\n")
                    .getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int read(byte[] bytes, int from, int count) {
            while (at == current.length) {
                if (left < 0) {
                    return -1;
                }
                if (handed != 0) {
                    slowest = Math.max(slowest, System.nanoTime() - handed);
                }
                current = left == 0 ? LIFE : mutations.next();
                at = 0;
                left--;
                handed = System.nanoTime();
            }
            int some = Math.min(count, current.length - at);
            System.arraycopy(current, at, bytes, from, some);
            at += some;
            return some;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }
    }

    /** Counts whole answers, each of them JSON. */
    private static final class Answers extends OutputStream {

        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private int count;
        private boolean alive;

        @Override
        public void write(int value) {
            if (value != '\n') {
                line.write(value);
                return;
            }
            try {
                JsonNode message = Wire.JSON.readTree(line.toByteArray());
                count++;
                alive |= message.path("id").asText().equals("alive") && message.has("result");
            } catch (java.io.IOException e) {
                throw new AssertionError("no JSON: " + line, e);
            }
            line.reset();
        }
    }
}
