/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The body of a response as it comes, read with a limit to each wait. What is not read yet holds the sender up. */
final class Inflow implements HttpResponse.BodySubscriber<Inflow>, AutoCloseable {

    private final CompletableFuture<Inflow> ready = CompletableFuture.completedFuture(this);
    private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;

    /** Something that came. */
    private sealed interface Item {

        record Bytes(List<ByteBuffer> buffers) implements Item {
        }

        record End() implements Item {
        }

        record Broken(Throwable cause) implements Item {
        }
    }

    @Override
    public CompletionStage<Inflow> getBody() {
        return ready;
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
        subscription = to;
        if (closed) {
            to.cancel();
        } else {
            to.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        items.add(new Item.Bytes(buffers));
    }

    @Override
    public void onError(Throwable problem) {
        items.add(new Item.Broken(problem));
    }

    @Override
    public void onComplete() {
        items.add(new Item.End());
    }

    /**
     * Waits for more.
     *
     * @return null at the end
     * @throws TimeoutException if nothing comes for so long
     * @throws IOException if the connection broke
     */
    @Nullable
    List<ByteBuffer> next(Duration limit) throws InterruptedException, TimeoutException, IOException {
        Item item = items.poll(Math.max(0, limit.toNanos()), TimeUnit.NANOSECONDS);
        return switch (item) {
            case null -> throw new TimeoutException();
            case Item.Bytes bytes -> {
                Flow.Subscription from = subscription;
                if (from != null) {
                    from.request(1);
                }
                yield bytes.buffers();
            }
            case Item.End end -> {
                items.add(end);
                yield null;
            }
            case Item.Broken broken -> throw new IOException(broken.cause());
        };
    }

    /** Ends the connection if something may still come. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription from = subscription;
        if (from != null) {
            from.cancel();
        }
    }
}
