/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import dev.millrace.plugin.mqtt.message.Outgoing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Messages that the broker has not taken yet, on the disk, in their order. For any thread.
 */
public final class Outbox implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Outbox.class.getName());

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final Journal journal;
    private final int most;
    private final long mostBytes;
    private final Map<Long, Outgoing> waiting = new LinkedHashMap<>();
    private final Set<Long> answered = new HashSet<>();
    private boolean told;
    private boolean woken;
    private boolean closed;

    /**
     * Opens an outbox.
     *
     * @param file where it is kept
     * @param most messages that it holds
     * @param mostBytes that it holds
     */
    public Outbox(Path file, int most, long mostBytes) throws IOException {
        this.most = most;
        this.mostBytes = mostBytes;
        Journal.Opened opened = Journal.open(file);
        journal = opened.journal();
        boolean done = false;
        try {
            for (Map.Entry<Long, byte[]> each : opened.content().entrySet()) {
                DataInputStream in = new DataInputStream(new ByteArrayInputStream(each.getValue()));
                if (in.readBoolean()) {
                    answered.add(in.readLong());
                }
                waiting.put(each.getKey(), read(in));
            }
            done = true;
        } finally {
            if (!done) {
                journal.close();
            }
        }
    }

    /** Reads what {@link #write(Outgoing, DataOutputStream)} has written. */
    static Outgoing read(DataInputStream in) throws IOException {
        String topic = in.readUTF();
        boolean retain = in.readBoolean();
        Optional<byte[]> correlation = in.readBoolean()
                ? Optional.of(in.readNBytes(in.readUnsignedShort()))
                : Optional.empty();
        Map<String, String> properties = new LinkedHashMap<>();
        for (int n = in.readUnsignedByte(); n > 0; n--) {
            properties.put(in.readUTF(), in.readUTF());
        }
        return new Outgoing(topic, in.readAllBytes(), retain, correlation, properties);
    }

    private static byte[] write(Outgoing message, OptionalLong question) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeBoolean(question.isPresent());
        if (question.isPresent()) {
            out.writeLong(question.getAsLong());
        }
        write(message, out);
        return bytes.toByteArray();
    }

    /** Writes a message; to be the last of its record. */
    static void write(Outgoing message, DataOutputStream out) throws IOException {
        out.writeUTF(message.topic());
        out.writeBoolean(message.retain());
        out.writeBoolean(message.correlation().isPresent());
        if (message.correlation().isPresent()) {
            out.writeShort(message.correlation().get().length);
            out.write(message.correlation().get());
        }
        out.writeByte(message.properties().size());
        for (Map.Entry<String, String> each : message.properties().entrySet()) {
            out.writeUTF(each.getKey());
            out.writeUTF(each.getValue());
        }
        out.write(message.payload());
    }

    /** Whether a question of the inbox has its answer in here. */
    public boolean hasAnswer(long question) {
        lock.lock();
        try {
            return answered.contains(question);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds a message. Waits while there is no room: nothing is lost, and what is asked waits, too.
     *
     * @param question that it answers, if it answers one
     */
    public void add(Outgoing message, OptionalLong question) throws IOException, InterruptedException {
        lock.lock();
        try {
            byte[] record = write(message, question);
            while (!closed && !hasRoom(record)) {
                if (!told) {
                    told = true;
                    LOG.log(System.Logger.Level.WARNING, waiting.size() + " messages wait for the broker, and no more"
                            + " may: nothing is asked until it takes some.");
                }
                room.await();
            }
            if (closed) {
                throw new InterruptedException();
            }
            waiting.put(journal.add(record), message);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Adds a message if there is room. */
    public boolean offer(Outgoing message) throws IOException {
        lock.lock();
        try {
            byte[] record = write(message, OptionalLong.empty());
            if (closed || !hasRoom(record)) {
                return false;
            }
            waiting.put(journal.add(record), message);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Adds a message, room or not: one that had room once. */
    public void restore(Outgoing message) throws IOException {
        lock.lock();
        try {
            waiting.put(journal.add(write(message, OptionalLong.empty())), message);
        } finally {
            lock.unlock();
        }
    }

    /** One message always has room. */
    private boolean hasRoom(byte[] record) {
        return waiting.isEmpty() || (journal.size() < most && journal.bytes() + record.length <= mostBytes);
    }

    /** The oldest messages, by number; they stay until {@link #done}. Waits a while for the first. */
    public Map<Long, Outgoing> await(int number, long millis) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (waiting.isEmpty() && !closed && !woken && left > 0) {
                left = changed.awaitNanos(left);
            }
            woken = false;
            Map<Long, Outgoing> oldest = new LinkedHashMap<>();
            for (Map.Entry<Long, Outgoing> each : waiting.entrySet()) {
                if (oldest.size() == number) {
                    break;
                }
                oldest.put(each.getKey(), each.getValue());
            }
            return oldest;
        } finally {
            lock.unlock();
        }
    }

    /** Takes messages off that the broker has. */
    public void done(Iterable<Long> numbers) throws IOException {
        lock.lock();
        try {
            for (long number : numbers) {
                waiting.remove(number);
                journal.take(number);
            }
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes whoever waits. */
    public void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many wait. */
    public int size() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** All that wait, in their order. */
    public List<Outgoing> all() {
        lock.lock();
        try {
            return new ArrayList<>(waiting.values());
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
                room.signalAll();
                journal.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
