/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a conversation, and the answer that is being generated to them, if any: while there is one, the messages are its
 * thread's. Safe for use from any thread.
 */
final class Dialogue {

    private final Conversations all;
    private final String id;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Message> messages;
    private @Nullable LiveGeneration running;
    private int calls;
    private boolean closed;

    /**
     * A dialogue.
     *
     * @param all told of answers that end
     * @param messages so far
     * @param calls of tools so far
     */
    Dialogue(Conversations all, List<Message> messages, int calls) {
        this.all = all;
        this.id = all.newId();
        this.messages = new ArrayList<>(messages);
        this.calls = calls;
    }

    /** By which it is named. */
    String id() {
        return id;
    }

    List<Message> messages() {
        lock.lock();
        try {
            return List.copyOf(messages);
        } finally {
            lock.unlock();
        }
    }

    int calls() {
        lock.lock();
        try {
            return calls;
        } finally {
            lock.unlock();
        }
    }

    /** Checks messages that are to be sent. */
    static void check(List<Message> added) {
        if (added.isEmpty()) {
            throw new IllegalArgumentException("There is no message to send.");
        }
        Message last = added.getLast();
        if (last.role() == Message.Role.SYSTEM) {
            throw new IllegalArgumentException(
                    "The last message comes from the user, a tool or the assistant, not " + last.role() + ".");
        }
        if (last.role() == Message.Role.ASSISTANT && !last.toolCalls().isEmpty()) {
            throw new IllegalArgumentException("The beginning of an answer has no tool calls.");
        }
    }

    /**
     * Does something that no answer may come between.
     *
     * @param what as it is said in messages
     */
    <T> T idle(String what, Supplier<T> work) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException(all.end("The conversation is closed."));
            }
            if (running != null) {
                throw new IllegalStateException(
                        "Cannot " + what + " a conversation while it generates an answer: wait for it, or cancel it.");
            }
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does something that no answer may begin or end in.
     *
     * @param work told whether an answer is being generated
     */
    <T> T locked(Function<Boolean, T> work) {
        lock.lock();
        try {
            return work.apply(running != null);
        } finally {
            lock.unlock();
        }
    }

    /** Adds messages; gives how many there were before. */
    int add(List<Message> added) {
        lock.lock();
        try {
            int before = messages.size();
            messages.addAll(added);
            return before;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets all but the first messages. */
    void keep(int number) {
        lock.lock();
        try {
            if (number < 0 || number > messages.size()) {
                throw new IllegalArgumentException(
                        "The conversation has " + messages.size() + " messages; it cannot keep " + number + ".");
            }
            messages.subList(number, messages.size()).clear();
        } finally {
            lock.unlock();
        }
    }

    /** An answer begins. */
    void running(LiveGeneration generation) {
        lock.lock();
        try {
            running = generation;
        } finally {
            lock.unlock();
        }
    }

    // ---- for the answer's thread

    void add(Message message) {
        add(List.of(message));
    }

    /** The answer goes on where the last message ended: the whole takes its place. */
    void replaceLast(Message message) {
        lock.lock();
        try {
            messages.set(messages.size() - 1, message);
        } finally {
            lock.unlock();
        }
    }

    String nextCallId() {
        lock.lock();
        try {
            return "call_" + ++calls;
        } finally {
            lock.unlock();
        }
    }

    /** The answer is over; from now on the next may be asked for. */
    void answered() {
        all.ended();
        lock.lock();
        try {
            running = null;
        } finally {
            lock.unlock();
        }
    }

    /** The answer failed: forgets everything since it was asked for, so that it can be asked for again. */
    void failed(int before) {
        all.ended();
        lock.lock();
        try {
            if (before < messages.size()) {
                messages.subList(before, messages.size()).clear();
            }
            running = null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Answers that were asked for cannot begin: the question is forgotten, and the further answers to it that were made end.
     *
     * @param before number of messages before they were asked for
     * @param answers that were taken on
     * @param made those of them that exist, in conversations of their own, not started
     */
    void takeBack(int before, int answers, List<LiveGeneration> made) {
        // whoever closes the model waits for them
        made.forEach(LiveGeneration::cancel);
        made.forEach(LiveGeneration::start);
        for (int i = made.size() + 1; i < answers; i++) {
            all.ended();
        }
        failed(before);
    }

    // ---- the end

    /** Asks a running answer to end, without waiting for it. */
    void cancel() {
        LiveGeneration generation = running();
        if (generation != null) {
            generation.cancel();
        }
    }

    boolean isOwnThread() {
        LiveGeneration generation = running();
        return generation != null && generation.isOwnThread();
    }

    private @Nullable LiveGeneration running() {
        lock.lock();
        try {
            return running;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends a running answer and waits for it; nothing can be asked from now on.
     *
     * @return whether it was open before
     */
    boolean close() {
        LiveGeneration generation;
        boolean first;
        lock.lock();
        try {
            first = !closed;
            closed = true;
            generation = running;
        } finally {
            lock.unlock();
        }
        if (generation != null) {
            generation.close();
        }
        return first;
    }
}
