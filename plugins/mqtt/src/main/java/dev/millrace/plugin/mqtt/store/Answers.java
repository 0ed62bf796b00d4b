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
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Answers to requests with correlation data, on the disk for a while. A program that was cut off asks again; it is told the same
 * answer, and the model is not asked twice. The oldest give way. For any thread.
 */
public final class Answers implements AutoCloseable {

    private record Kept(long number, Outgoing answer, long until) {
    }

    private final Journal journal;
    private final int most;
    private final long mostBytes;
    private final InstantSource clock;
    private final Map<String, Kept> kept = new LinkedHashMap<>();

    /** Opens them. */
    public Answers(Path file, int most, long mostBytes, InstantSource clock) throws IOException {
        this.most = most;
        this.mostBytes = mostBytes;
        this.clock = clock;
        Journal.Opened opened = Journal.open(file);
        journal = opened.journal();
        boolean done = false;
        try {
            for (Map.Entry<Long, byte[]> each : opened.content().entrySet()) {
                DataInputStream in = new DataInputStream(new ByteArrayInputStream(each.getValue()));
                String key = in.readUTF();
                long until = in.readLong();
                kept.put(key, new Kept(each.getKey(), Outbox.read(in), until));
            }
            done = true;
        } finally {
            if (!done) {
                journal.close();
            }
        }
    }

    /** The answer to a request that is the same. */
    public synchronized Optional<Outgoing> get(String key) {
        return Optional.ofNullable(kept.get(key)).filter(each -> each.until() >= clock.millis()).map(Kept::answer);
    }

    /** Keeps an answer for some seconds. */
    public synchronized void put(String key, Outgoing answer, int seconds) throws IOException {
        long until = clock.millis() + seconds * 1000L;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeUTF(key);
        out.writeLong(until);
        Outbox.write(answer, out);
        Kept before = kept.remove(key);
        if (before != null) {
            journal.take(before.number());
        }
        Iterator<Kept> oldest = kept.values().iterator();
        while (oldest.hasNext()) {
            Kept each = oldest.next();
            if (each.until() >= clock.millis() && journal.size() < most
                    && journal.bytes() + bytes.size() <= mostBytes) {
                break;
            }
            oldest.remove();
            journal.take(each.number());
        }
        kept.put(key, new Kept(journal.add(bytes.toByteArray()), answer, until));
    }

    @Override
    public synchronized void close() throws IOException {
        journal.close();
    }
}
