/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * How soon the first token comes after a start, with a long system message. Run it twice: what the first run has read, the second finds on
 * disk. With {@code -Dmillrace.prefixes=off} nothing is kept. Arguments: a model, {@code nano} if there is none; words of the system
 * message, 900 if not said.
 */
public final class PrefixTimes {

    private static final String[] WORDS = "the valve of north tank is open while pump two runs at low speed since noon"
            .split(" ", -1);

    private PrefixTimes() {
    }

    /**
     * Measures.
     *
     * @param arguments model, words
     */
    public static void main(String[] arguments) {
        String name = arguments.length > 0 ? arguments[0] : "nano";
        int words = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 900;
        StringBuilder system = new StringBuilder();
        for (int i = 0; i < words; i++) {
            system.append(WORDS[(int) (i * 7919L % 104729 % WORDS.length)]).append(i % 11 == 10 ? ". " : " ");
        }
        OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        try (Millrace millrace = Millrace.start(); Model model = millrace.open(name)) {
            for (String question : new String[]{"How is it?", "And now?"}) {
                long start = process.getProcessCpuTime();
                try (Conversation conversation = model.conversation().system(system.toString())
                        .sampling(Sampling.greedy()).maxTokens(2).start();
                        Generation generation = conversation.send(question)) {
                    generation.iterator().next();
                    long cpu = process.getProcessCpuTime() - start;
                    Answer answer = generation.answer();
                    System.out.printf(Locale.ROOT,
                            "%s: %d tokens, of which %d were known; first token after %.1f ms, %.1f ms of the processor%n",
                            name, answer.usage().promptTokens(), answer.usage().cachedTokens(),
                            answer.timings().firstToken().toNanos() / 1e6, cpu / 1e6);
                }
            }
        }
    }
}
