/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.net.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one answer, read by one thread. Unlike a stream of the client it notices when nothing arrives any more, or next to
 * nothing, and asks for more only when what it has was taken.
 */
final class Body implements HttpResponse.BodySubscriber<Body>, AutoCloseable {

    private sealed interface Arrival {

        record Bytes(List<ByteBuffer> buffers) implements Arrival {
        }

        record End(@Nullable Throwable failure) implements Arrival {
        }
    }

    /** Fewer bytes than these in all the time of a stall are as good as none. */
    static final int LEAST = 1024;

    private final Duration stall;
    private final LinkedBlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private boolean ended;
    /** How long it was waited for the last bytes, which are fewer than {@link #LEAST}. */
    private long waited;
    private long few;

    Body(Duration stall) {
        this.stall = stall;
    }

    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        if (subscription.complete(given)) {
            given.request(1);
        } else {
            given.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        arrivals.add(new Arrival.Bytes(buffers));
    }

    @Override
    public void onError(Throwable failure) {
        arrivals.add(new Arrival.End(failure));
    }

    @Override
    public void onComplete() {
        arrivals.add(new Arrival.End(null));
    }

    /**
     * The next bytes.
     *
     * @return some, or null at the end
     * @throws IOException if the connection broke, or nothing arrived for too long
     */
    @Nullable
    ByteBuffer next() throws IOException {
        while (true) {
            ByteBuffer buffer = waiting.poll();
            if (buffer != null && buffer.hasRemaining()) {
                return buffer;
            }
            if (buffer != null) {
                continue;
            }
            if (ended) {
                return null;
            }
            switch (arrival()) {
                case Arrival.Bytes bytes -> {
                    waiting.addAll(bytes.buffers);
                    count(bytes.buffers);
                    subscription.join().request(1);
                }
                case Arrival.End end -> {
                    ended = true;
                    if (end.failure != null) {
                        throw new IOException("the connection broke: " + end.failure.getMessage(), end.failure);
                    }
                }
            }
        }
    }

    private void count(List<ByteBuffer> buffers) {
        few += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
        if (few >= LEAST) {
            few = 0;
            waited = 0;
        }
    }

    private Arrival arrival() throws IOException {
        long begin = System.nanoTime();
        try {
            Arrival arrival = arrivals.poll(stall.toNanos() - waited, TimeUnit.NANOSECONDS);
            if (arrival == null) {
                throw new HttpTimeoutException((few == 0 ? "nothing" : "hardly anything") + " arrived for "
                        + stall.toMillis() / 1000.0 + " s");
            }
            waited += System.nanoTime() - begin;
            return arrival;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Lets go of the connection, at the end or before. */
    @Override
    public void close() {
        var _ = subscription.thenAccept(Flow.Subscription::cancel);
    }
}
