/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnresolvedModelServerException;
import dev.millrace.api.BackendException;
import dev.millrace.api.BusyException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.RemoteModelException;

/** Failures of this runtime as those of LangChain4j, which tells by their types whether it pays to try again. */
final class Failures {

    private Failures() {
    }

    static LangChain4jException typed(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure) {
            case LangChain4jException known -> known;
            case RemoteModelException elsewhere -> elsewhere(elsewhere, message);
            case BusyException busy -> new RateLimitException(message, busy);
            case ModelNotFoundException missing ->
                new dev.langchain4j.exception.ModelNotFoundException(message, missing);
            case BackendException broken -> new InternalServerException(message, broken);
            case IllegalArgumentException wrong -> new InvalidRequestException(message, wrong);
            default -> new LangChain4jException(message, failure);
        };
    }

    private static LangChain4jException elsewhere(RemoteModelException failure, String message) {
        return switch (failure.kind()) {
            case UNREACHABLE -> new UnresolvedModelServerException(message, failure);
            case SILENT -> new TimeoutException(message, failure);
            case BUSY -> new RateLimitException(message, failure);
            case DENIED -> new AuthenticationException(message, failure);
            case REFUSED -> new InvalidRequestException(message, failure);
            // also kinds that come with later versions
            default -> new InternalServerException(message, failure);
        };
    }
}
