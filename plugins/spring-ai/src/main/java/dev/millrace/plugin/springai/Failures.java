/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.BackendException;
import dev.millrace.api.BusyException;
import dev.millrace.api.RemoteModelException;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.retry.TransientAiException;

/** Failures of this runtime as those of Spring AI, which tells by their types whether it pays to try again. */
final class Failures {

    private Failures() {
    }

    static RuntimeException typed(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure) {
            case TransientAiException known -> known;
            case NonTransientAiException known -> known;
            case BusyException busy -> new TransientAiException(message, busy);
            case RemoteModelException elsewhere when !passes(elsewhere.kind()) ->
                new NonTransientAiException(message, elsewhere);
            case BackendException broken -> new TransientAiException(message, broken);
            default -> new NonTransientAiException(message, failure);
        };
    }

    private static boolean passes(RemoteModelException.Kind kind) {
        return switch (kind) {
            case DENIED, REFUSED -> false;
            // also kinds that come with later versions
            default -> true;
        };
    }
}
