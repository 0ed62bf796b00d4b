/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.millrace.api.Event;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Hands the events of an answer to a handler, each when the one before has been handled. What a handler throws it is told as an error,
 * and the answer goes on, as with all models of LangChain4j.
 */
final class StreamedAnswer implements Flow.Subscriber<Event>, StreamingHandle {

    private final Question question;
    private final Reply reply;
    private final StreamingChatResponseHandler handler;
    private volatile boolean cancelled;
    private Flow.@Nullable Subscription subscription;

    StreamedAnswer(Question question, Reply reply, StreamingChatResponseHandler handler) {
        this.question = question;
        this.reply = reply;
        this.handler = handler;
    }

    @Override
    public void cancel() {
        cancelled = true;
        question.generation().cancel();
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(Event event) {
        switch (event) {
            case Event.Finished end -> finished(end);
            // nothing more is told, but the end is awaited
            case Event other when cancelled -> {
            }
            case Event.Thinking piece -> {
                reply.thought(piece.text());
                InternalStreamingChatResponseHandlerUtils.onPartialThinking(handler, piece.text(), this);
            }
            case Event.Text piece -> {
                reply.said(piece.text());
                InternalStreamingChatResponseHandlerUtils.onPartialResponse(handler, piece.text(), this);
            }
            case Event.ToolCalled called -> reply.called(called.call())
                    .ifPresent(call -> InternalStreamingChatResponseHandlerUtils.onCompleteToolCall(handler, call));
            case Event.AnsweredBy by -> reply.answeredBy(by.model());
            default -> {
                // what the engine told the model
            }
        }
        if (subscription != null) {
            subscription.request(1);
        }
    }

    private void finished(Event.Finished end) {
        question.close();
        if (cancelled) {
            return;
        }
        ChatResponse response;
        try {
            response = reply.finished(end);
        } catch (LangChain4jException e) {
            failed(e);
            return;
        }
        InternalStreamingChatResponseHandlerUtils.onCompleteResponse(handler, response);
    }

    @Override
    public void onError(Throwable failure) {
        question.close();
        if (!cancelled) {
            failed(Failures.typed(failure));
        }
    }

    private void failed(LangChain4jException failure) {
        InternalStreamingChatResponseHandlerUtils.withLoggingExceptions(() -> handler.onError(failure));
    }

    @Override
    public void onComplete() {
        // the last event was the end
    }
}
