/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.RemoteModelException;
import dev.millrace.api.RemoteModelException.Kind;
import dev.millrace.json.JsonException;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** What answers mean that are no answers. */
final class Failures {

    private static final int MOST_WORDS = 500;

    private Failures() {
    }

    /** What a status means. */
    static RemoteModelException of(Endpoint endpoint, int status, String body) {
        Kind kind = switch (status) {
            case 401, 403 -> Kind.DENIED;
            case 400, 413, 414, 422 -> Kind.REFUSED;
            case 408, 425, 429, 503 -> Kind.BUSY;
            default -> Kind.FAILED;
        };
        String words = endpoint.secret().hide(words(body));
        String what = switch (kind) {
            case DENIED -> "does not let us in (status " + status
                    + "): check tokenFile or tokenEnvironment of its configuration. It says: ";
            case REFUSED -> "does not take the request (status " + status + "). It says: ";
            case BUSY -> "has too much to do (status " + status + "). It says: ";
            default -> "failed (status " + status + "). It says: ";
        };
        return new RemoteModelException(kind,
                "The server of " + endpoint.reference() + ", " + endpoint.address() + ", " + what + words, null);
    }

    /** Whether the same request may be answered a moment later. */
    static boolean isTransient(int status) {
        return switch (status) {
            case 408, 425, 429, 502, 503, 504 -> true;
            default -> false;
        };
    }

    /** What a server says of an error, in one of the shapes that are in use. */
    static String words(String body) {
        try {
            return words(JsonView.parse(body), body);
        } catch (JsonException e) {
            return cut(body);
        }
    }

    static String words(JsonView json, String body) {
        JsonView error = json.at("error");
        return error.at("message").text().or(error::text).or(() -> json.at("message").text())
                .or(() -> json.at("detail").text()).map(Failures::cut).orElseGet(() -> cut(body));
    }

    private static String cut(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        if (line.length() > MOST_WORDS) {
            return line.substring(0, MOST_WORDS) + "...";
        }
        return line.isEmpty() ? "nothing." : line.matches(".*[.!?]") ? line : line + ".";
    }

    /** How long a server asks to be left alone: seconds, or a date. */
    static Optional<Duration> retryAfter(HttpHeaders headers, Instant now) {
        return headers.firstValue("Retry-After").map(String::strip).flatMap(text -> {
            try {
                return Optional.of(Duration.ofSeconds(Math.max(0, Long.parseLong(text))));
            } catch (NumberFormatException e) {
                return date(text, now);
            }
        });
    }

    private static Optional<Duration> date(String text, Instant now) {
        try {
            Duration left = Duration.between(now,
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
            return Optional.of(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
