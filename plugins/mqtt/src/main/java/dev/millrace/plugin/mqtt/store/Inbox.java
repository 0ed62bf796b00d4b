/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.settings.Prompt;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Questions that have arrived and are not answered yet, on the disk. A message is in here before the broker is told that it has
 * arrived, and leaves when its answer is on its way; so what is killed meanwhile asks it again. For any thread.
 */
public final class Inbox implements AutoCloseable {

    /** A topic that never falls silent is asked after so many times the time of silence that is waited for. */
    private static final int LONGEST_DEBOUNCE = 10;
    private static final int REMEMBERED = 20_000;
    private static final long MINUTE = 60_000;
    private static final System.Logger LOG = System.getLogger(Inbox.class.getName());

    /** What became of a message. */
    public enum Put {
        /** It waits. */
        TAKEN,
        /** It was here before. */
        KNOWN,
        /** There is no room; it may be brought again later. */
        FULL
    }

    private record Waiting(Question question, long first, long due) {
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Journal journal;
    private final int most;
    private final long mostBytes;
    private final InstantSource clock;
    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();
    private final Map<Long, Question> asked = new HashMap<>();
    private final Map<Prompt, Deque<Long>> starts = new HashMap<>();
    /** Requests that are here. */
    private final Set<String> requests = new HashSet<>();
    /** Messages that have arrived lately. */
    private final Set<String> packets = new LinkedHashSet<>();
    private boolean closed;

    /**
     * Opens an inbox.
     *
     * @param file where it is kept
     * @param prompts those whose questions are still asked
     * @param answered whether a question has its answer already; those are taken off
     * @param most messages that it takes
     * @param mostBytes that it takes
     */
    public Inbox(Path file, List<Prompt> prompts, Predicate<Question> answered, int most, long mostBytes,
            InstantSource clock) throws IOException {
        this.most = most;
        this.mostBytes = mostBytes;
        this.clock = clock;
        Journal.Opened opened = Journal.open(file);
        journal = opened.journal();
        boolean done = false;
        try {
            for (Map.Entry<Long, byte[]> each : opened.content().entrySet()) {
                Optional<Question> question = read(each.getKey(), each.getValue(), prompts);
                if (question.isEmpty()) {
                    LOG.log(System.Logger.Level.WARNING,
                            "A question that waited is dropped: its topic is no longer asked.");
                }
                if (question.isEmpty() || answered.test(question.get())) {
                    journal.take(each.getKey());
                } else {
                    waiting.put(each.getKey(), new Waiting(question.get(), question.get().arrived(), 0));
                    question.get().key().ifPresent(requests::add);
                }
            }
            done = true;
        } finally {
            if (!done) {
                journal.close();
            }
        }
    }

    private static Optional<Question> read(long number, byte[] bytes, List<Prompt> prompts) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        String pattern = in.readUTF();
        long arrived = in.readLong();
        String topic = in.readUTF();
        Optional<String> responseTopic = in.readBoolean() ? Optional.of(in.readUTF()) : Optional.empty();
        Optional<byte[]> correlation = in.readBoolean()
                ? Optional.of(in.readNBytes(in.readUnsignedShort()))
                : Optional.empty();
        byte[] payload = in.readAllBytes();
        return prompts.stream()
                .filter(prompt -> prompt.topic().toString().equals(pattern) && prompt.topic().match(topic).isPresent())
                .findFirst()
                .map(prompt -> new Question(number, prompt, topic, payload, responseTopic, correlation, arrived));
    }

    private static byte[] write(Prompt prompt, Incoming message, long arrived) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeUTF(prompt.topic().toString());
        out.writeLong(arrived);
        out.writeUTF(message.topic());
        out.writeBoolean(message.responseTopic().isPresent());
        if (message.responseTopic().isPresent()) {
            out.writeUTF(message.responseTopic().get());
        }
        out.writeBoolean(message.correlation().isPresent());
        if (message.correlation().isPresent()) {
            out.writeShort(message.correlation().get().length);
            out.write(message.correlation().get());
        }
        out.write(message.payload());
        return bytes.toByteArray();
    }

    /**
     * Takes a message in.
     *
     * @throws IOException if the disk does not take it
     */
    public Put put(Prompt prompt, Incoming message) throws IOException {
        lock.lock();
        try {
            if (closed) {
                return Put.FULL;
            }
            long now = clock.millis();
            Question given = new Question(-1, prompt, message.topic(), message.payload(), message.responseTopic(),
                    message.correlation(), now);
            String packet = packet(given, message.id());
            Optional<String> request = given.key();
            if ((message.repeated() && packets.contains(packet)) || request.filter(requests::contains).isPresent()) {
                return Put.KNOWN;
            }
            Optional<Waiting> older = prompt.keepsNewest() && message.responseTopic().isEmpty()
                    ? waiting.values().stream().filter(each -> each.question().prompt().equals(prompt)
                            && each.question().topic().equals(message.topic())
                            && each.question().responseTopic().isEmpty()).findFirst()
                    : Optional.empty();
            byte[] record = write(prompt, message, now);
            if (older.isEmpty() && (journal.size() >= most || journal.bytes() + record.length > mostBytes)) {
                return Put.FULL;
            }
            long number = journal.add(record);
            Question question = new Question(number, prompt, message.topic(), message.payload(),
                    message.responseTopic(), message.correlation(), now);
            long first = older.map(Waiting::first).orElse(now);
            long silence = message.responseTopic().isPresent() ? 0 : prompt.debounceSeconds() * 1000L;
            waiting.put(number,
                    new Waiting(question, first, Math.min(now + silence, first + LONGEST_DEBOUNCE * silence)));
            if (older.isPresent()) {
                waiting.remove(older.get().question().number());
                journal.take(older.get().question().number());
            }
            request.ifPresent(requests::add);
            packets.add(packet);
            if (packets.size() > REMEMBERED) {
                packets.remove(packets.iterator().next());
            }
            changed.signalAll();
            return Put.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a request that is the same waits or is being answered. */
    public boolean has(String request) {
        lock.lock();
        try {
            return requests.contains(request);
        } finally {
            lock.unlock();
        }
    }

    /** What a broker repeats has the number that it had. */
    private static String packet(Question question, int id) {
        return id + Digest.of(question.prompt().topic().toString(), question.topic(), "",
                question.correlation().orElse(new byte[0]), question.payload());
    }

    /** The next question whose time has come; empty if there is none now. It stays here until {@link #done}. */
    public Optional<Question> poll() {
        lock.lock();
        try {
            long now = clock.millis();
            Optional<Waiting> next = waiting.values().stream().filter(each -> dueAt(each) <= now).findFirst();
            next.ifPresent(each -> {
                Question question = each.question();
                waiting.remove(question.number());
                asked.put(question.number(), question);
                if (question.prompt().perMinute() > 0) {
                    Deque<Long> before = starts.computeIfAbsent(question.prompt(), prompt -> new ArrayDeque<>());
                    before.addLast(now);
                    if (before.size() > question.prompt().perMinute()) {
                        before.removeFirst();
                    }
                }
            });
            return next.map(Waiting::question);
        } finally {
            lock.unlock();
        }
    }

    private long dueAt(Waiting each) {
        Prompt prompt = each.question().prompt();
        Deque<Long> before = starts.get(prompt);
        return before == null || before.size() < prompt.perMinute()
                ? each.due()
                : Math.max(each.due(), before.getFirst() + MINUTE);
    }

    /** Waits for a question; empty if the inbox was closed. */
    public Optional<Question> take() throws InterruptedException {
        lock.lock();
        try {
            while (!closed) {
                Optional<Question> next = poll();
                if (next.isPresent()) {
                    return next;
                }
                OptionalLong due = waiting.values().stream().mapToLong(this::dueAt).min();
                // whatever wakes it, it looks again
                long nanos = changed.awaitNanos(due.isEmpty()
                        ? Long.MAX_VALUE
                        : TimeUnit.MILLISECONDS.toNanos(Math.max(1, due.getAsLong() - clock.millis())));
                if (nanos <= 0 && due.isEmpty()) {
                    break;
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Takes a question off that is answered. */
    public void done(Question question) throws IOException {
        lock.lock();
        try {
            asked.remove(question.number());
            question.key().ifPresent(requests::remove);
            journal.take(question.number());
        } finally {
            lock.unlock();
        }
    }

    /** How many are here, those that are being answered among them. */
    public int size() {
        lock.lock();
        try {
            return journal.size();
        } finally {
            lock.unlock();
        }
    }

    /** Numbers of those that are being answered. */
    public Set<Long> asked() {
        lock.lock();
        try {
            return Set.copyOf(asked.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** Sees to it that the disk has all. */
    public void flush() throws IOException {
        lock.lock();
        try {
            if (!closed) {
                journal.flush();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                changed.signalAll();
                journal.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
