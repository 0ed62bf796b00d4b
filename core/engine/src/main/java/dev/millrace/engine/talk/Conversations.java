/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** All conversations on one model. Safe for use from any thread. */
public final class Conversations implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Conversations.class.getName());
    private static final int MOST_TOLD = 200;

    /** A conversation that is open. */
    interface Member extends Conversation {

        /** Asks a running answer to end, without waiting for it. */
        void cancel();

        /** Whether this thread generates its answer, or runs a tool for it. */
        boolean isOwnThread();
    }

    private final String model;
    private final Set<Member> open = ConcurrentHashMap.newKeySet();
    private final SecureRandom random = new SecureRandom();
    private final String prefix = HexFormat.of().toHexDigits(random.nextInt());
    private final AtomicLong begun = new AtomicLong();
    private final int most;
    private final Runnable onUse;
    private final AtomicInteger answers = new AtomicInteger();
    /** What the log was told. */
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private volatile long lastAnswer = System.nanoTime();
    /** Why no conversation begins any more; empty while they do. */
    private volatile String end = "";

    /**
     * No conversations yet.
     *
     * @param model the name of what they run on
     * @param most answers at a time
     * @param onUse called when an answer is asked for
     */
    public Conversations(String model, int most, Runnable onUse) {
        this.most = most;
        this.onUse = onUse;
        this.model = model;
    }

    /**
     * A conversation to be set up on a model that runs here.
     *
     * @param parts of the model
     * @param extensions what plugins add
     * @return a new builder
     */
    public Conversation.Builder builder(ModelParts parts, Extensions extensions) {
        return new ConversationBuilder(this, parts, extensions);
    }

    /**
     * A conversation to be set up with a model that runs elsewhere.
     *
     * @param parts of the model
     * @param extensions what plugins add
     * @return a new builder
     */
    public Conversation.Builder builder(RemoteParts parts, Extensions extensions) {
        return new RemoteBuilder(this, parts, extensions);
    }

    /** A name that no other conversation has: logs of several models and starts may be put together. */
    String newId() {
        return prefix + "-" + begun.incrementAndGet();
    }

    long newSeed() {
        return random.nextLong();
    }

    /** Writes something to the log, once. */
    void tellOnce(String what) {
        if (told.size() < MOST_TOLD && told.add(what)) {
            LOG.log(System.Logger.Level.INFO, "{0}: {1}", model, what);
        }
    }

    <C extends Member> C adopt(C conversation) {
        open.add(conversation);
        if (!end.isEmpty()) {
            conversation.close();
            throw new IllegalStateException(end);
        }
        return conversation;
    }

    void forget(Member conversation) {
        open.remove(conversation);
    }

    /**
     * Conversations that are open.
     *
     * @return 0 or more
     */
    public int size() {
        return open.size();
    }

    /**
     * Answers that are generated now.
     *
     * @return 0 or more
     */
    public int answers() {
        return answers.get();
    }

    /**
     * For how long no answer was generated.
     *
     * @return nanoseconds; 0 while one is
     */
    public long idleNanos() {
        return answers.get() > 0 ? 0 : System.nanoTime() - lastAnswer;
    }

    /** Takes on answers. */
    void begin(int number) {
        int now;
        do {
            now = answers.get();
            if (now > most - number) {
                throw new BusyException("The model " + model + " generates " + now + " answers and may generate " + most
                        + " at a time: ask again when some have ended.");
            }
        } while (!answers.compareAndSet(now, now + number));
        onUse.run();
    }

    /** An answer is over. */
    void ended() {
        lastAnswer = System.nanoTime();
        answers.decrementAndGet();
    }

    /**
     * Whether this thread generates an answer here, or runs a tool for one.
     *
     * @return true if whoever waits for all answers would wait for this thread
     */
    public boolean isOwnThread() {
        return open.stream().anyMatch(Member::isOwnThread);
    }

    /** Asks all running answers to end, without waiting for them. No conversation is begun from now on. */
    public void cancel() {
        cancel("The model is closed.");
    }

    /**
     * The same.
     *
     * @param why a sentence for whoever asks something afterwards; the first counts
     */
    public void cancel(String why) {
        synchronized (open) {
            end = end.isEmpty() ? why : end;
        }
        open.forEach(Member::cancel);
    }

    /**
     * Why no conversation begins any more.
     *
     * @param otherwise a sentence for while they do
     * @return a sentence
     */
    public String end(String otherwise) {
        return end.isEmpty() ? otherwise : end;
    }

    /** Ends all of them at once, and waits until they have ended; not for an answer that this very thread belongs to. */
    @Override
    public void close() {
        cancel();
        open.forEach(Member::close);
    }
}
