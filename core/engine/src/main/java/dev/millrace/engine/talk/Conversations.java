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

    private final ModelParts model;
    private final Extensions extensions;
    private final Set<LiveConversation> open = ConcurrentHashMap.newKeySet();
    private final SecureRandom random = new SecureRandom();
    private final String prefix = HexFormat.of().toHexDigits(random.nextInt());
    private final AtomicLong begun = new AtomicLong();
    private final int most;
    private final Runnable onUse;
    private final AtomicInteger answers = new AtomicInteger();
    /** What the log was told. */
    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private volatile long lastAnswer = System.nanoTime();
    private volatile boolean closed;

    /**
     * No conversations yet.
     *
     * @param model what they run on
     * @param extensions what plugins add
     * @param most answers at a time
     * @param onUse called when an answer is asked for
     */
    public Conversations(ModelParts model, Extensions extensions, int most, Runnable onUse) {
        this.most = most;
        this.onUse = onUse;
        this.model = model;
        this.extensions = extensions;
    }

    /**
     * A conversation to be set up.
     *
     * @return a new builder
     */
    public Conversation.Builder builder() {
        return new ConversationBuilder(this, model, extensions);
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
            LOG.log(System.Logger.Level.INFO, "{0}: {1}", model.info().name(), what);
        }
    }

    LiveConversation adopt(LiveConversation conversation) {
        open.add(conversation);
        if (closed) {
            conversation.close();
            throw new IllegalStateException("The model is closed.");
        }
        return conversation;
    }

    void forget(LiveConversation conversation) {
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
        if (answers.addAndGet(number) > most) {
            answers.addAndGet(-number);
            throw new BusyException(
                    "The model " + model.info().name() + " generates " + answers.get() + " answers and may"
                            + " generate " + most + " at a time: ask again when some have ended.");
        }
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
        return open.stream().anyMatch(LiveConversation::isOwnThread);
    }

    /** Ends all of them at once, and waits until they have ended; not for an answer that this very thread belongs to. */
    @Override
    public void close() {
        closed = true;
        open.forEach(LiveConversation::cancel);
        open.forEach(LiveConversation::close);
    }
}
