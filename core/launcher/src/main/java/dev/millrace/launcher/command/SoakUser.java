/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.LockSupport;

/**
 * Somebody who talks to a model, forks, goes back, saves, cancels, and reads slowly or not at all. What is streamed must be what the
 * conversation keeps; no event may come after the last.
 */
final class SoakUser implements Runnable {

    private static final int MOST_TOKENS = 60;
    private static final int MOST_MESSAGES = 8;

    private final Model model;
    private final Random random;
    private final Path file;
    private final long end;
    private final List<String> problems = new ArrayList<>();
    private volatile boolean stopped;
    private long answers;
    private long cancelled;
    private long others;

    SoakUser(Model model, Random random, Path file, long end) {
        this.model = model;
        this.random = random;
        this.file = file;
        this.end = end;
    }

    void stop() {
        stopped = true;
    }

    // ---- once it has ended

    long answers() {
        return answers;
    }

    long cancelled() {
        return cancelled;
    }

    long others() {
        return others;
    }

    List<String> problems() {
        return problems;
    }

    @Override
    public void run() {
        while (!stopped && System.nanoTime() < end) {
            try (Conversation conversation = started().start()) {
                talk(conversation);
            } catch (RuntimeException e) {
                problems.add(String.valueOf(e));
            }
        }
    }

    private Conversation.Builder started() {
        return model.conversation().maxTokens(1 + random.nextInt(MOST_TOKENS));
    }

    private void talk(Conversation conversation) {
        while (!stopped && conversation.messages().size() < MOST_MESSAGES) {
            ask(conversation);
            others++;
            switch (random.nextInt(6)) {
                case 0 -> {
                    try (Conversation fork = conversation.fork()) {
                        ask(fork);
                    }
                }
                case 1 -> conversation.rewind(random.nextInt(conversation.messages().size() + 1));
                case 2 -> {
                    conversation.save(file);
                    try (Conversation restored = started().restore(file).start()) {
                        ask(restored);
                    }
                }
                case 3 -> {
                    return;
                }
                default -> others--;
            }
        }
    }

    private void ask(Conversation conversation) {
        int before = conversation.messages().size();
        boolean cancels = random.nextInt(5) == 0;
        boolean slow = random.nextInt(5) == 0;
        try (Generation generation = conversation.send("What is " + random.nextInt(100) + " and the lamp?")) {
            if (random.nextInt(10) == 0) {
                generation.publisher().subscribe(new NeverReads());
            }
            StringBuilder streamed = new StringBuilder();
            boolean over = false;
            boolean broken = false;
            boolean cut = false;
            int events = 0;
            for (Event event : generation) {
                if (over) {
                    problems.add("An event came after the last: " + event);
                }
                switch (event) {
                    case Event.Text text -> streamed.append(text.text());
                    case Event.ToolAnswered answered -> broken |= answered.call().id().isEmpty();
                    case Event.Finished finished -> {
                        over = true;
                        cut = finished.reason() != FinishReason.STOP;
                    }
                    default -> {
                        // thinking and calls stand in the message, too
                    }
                }
                if (slow) {
                    LockSupport.parkNanos(1_000_000);
                }
                if (cancels && ++events == 3) {
                    generation.cancel();
                    cancelled++;
                }
            }
            answers++;
            check(conversation, before, streamed.toString(), over, broken, cut);
        }
    }

    private void check(Conversation conversation, int before, String streamed, boolean over, boolean broken,
            boolean cut) {
        if (!over) {
            problems.add("An answer ended without its last event.");
        }
        List<Message> messages = conversation.messages();
        StringBuilder all = new StringBuilder();
        messages.subList(Math.min(before + 1, messages.size()), messages.size()).stream()
                .filter(message -> message.role() == Message.Role.ASSISTANT)
                .forEach(message -> all.append(message.content()));
        String kept = all.toString();
        // what could not be understood as a call is kept, and not streamed; so is a call in whose middle an answer was cut
        if (!broken && !(cut ? kept.startsWith(streamed) : kept.equals(streamed))) {
            problems.add("Streamed was \"" + streamed + "\", kept was \"" + kept + "\".");
        }
    }

    /** Subscribes, and asks for nothing. */
    private static final class NeverReads implements Flow.Subscriber<Event> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            // never asks
        }

        @Override
        public void onNext(Event event) {
            throw new IllegalStateException("Nothing was asked for.");
        }

        @Override
        public void onError(Throwable problem) {
            // it does not care
        }

        @Override
        public void onComplete() {
            // it does not care
        }
    }
}
