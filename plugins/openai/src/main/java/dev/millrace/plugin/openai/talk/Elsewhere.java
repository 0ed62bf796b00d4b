/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.RemoteModelException;
import dev.millrace.plugin.http.ApiError;

/** Tells what went wrong with models that run elsewhere. */
public final class Elsewhere {

    private Elsewhere() {
    }

    /** As a gateway between the client and the server that has the model. */
    public static ApiError error(RemoteModelException problem) {
        return switch (problem.kind()) {
            case REFUSED -> new ApiError(400, problem.getMessage(), null, "refused_elsewhere");
            case BUSY -> ApiError.busy(503, problem.getMessage(), 5);
            case SILENT -> new ApiError(504, problem.getMessage(), null, "server_error");
            default -> new ApiError(502, problem.getMessage(), null, "server_error");
        };
    }
}
