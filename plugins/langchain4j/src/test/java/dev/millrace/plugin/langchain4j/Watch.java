/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.millrace.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps what a handler is told. */
final class Watch implements StreamingChatResponseHandler {

    final StringBuilder thinking = new StringBuilder();
    final List<CompleteToolCall> calls = new ArrayList<>();
    volatile int pieces;
    volatile boolean cancelAtOnce;
    volatile boolean failsAtOnce;
    private final StringBuilder text = new StringBuilder();
    private final CountDownLatch told = new CountDownLatch(1);
    private final CountDownLatch complete = new CountDownLatch(1);
    private volatile @Nullable ChatResponse response;
    private volatile @Nullable Throwable failure;

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
        int before = pieces;
        pieces = before + 1;
        text.append(piece.text());
        if (cancelAtOnce) {
            context.streamingHandle().cancel();
        }
        if (failsAtOnce && before == 0) {
            throw new IllegalStateException("the handler's own");
        }
    }

    @Override
    public void onPartialThinking(PartialThinking piece) {
        thinking.append(piece.text());
    }

    @Override
    public void onCompleteToolCall(CompleteToolCall call) {
        calls.add(call);
    }

    @Override
    public void onCompleteResponse(ChatResponse whole) {
        response = whole;
        complete.countDown();
        told.countDown();
    }

    @Override
    public void onError(Throwable error) {
        failure = error;
        told.countDown();
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(120, TimeUnit.SECONDS)) {
            throw new AssertionError("The handler was not told of an end.");
        }
    }

    /** Waits for a response or a failure. */
    void await() throws InterruptedException {
        await(told);
    }

    void awaitResponse() throws InterruptedException {
        await(complete);
    }

    boolean ended() {
        return response != null || failure != null;
    }

    String text() {
        return text.toString();
    }

    ChatResponse response() {
        return Objects.requireNonNull(response, () -> "there is no response, but " + failure);
    }

    Throwable failure() {
        return Objects.requireNonNull(failure, () -> "there is no failure, but " + response);
    }

    /** Hands events on, and tells when the last one has been handled. */
    record ToTheEnd(Flow.Subscriber<Event> next, CountDownLatch end) implements Flow.Subscriber<Event> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            next.onSubscribe(subscription);
        }

        @Override
        public void onNext(Event event) {
            next.onNext(event);
        }

        @Override
        public void onError(Throwable failure) {
            next.onError(failure);
            end.countDown();
        }

        @Override
        public void onComplete() {
            next.onComplete();
            end.countDown();
        }
    }
}
