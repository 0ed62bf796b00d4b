/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server says when it lets nobody in: the parameters of {@code WWW-Authenticate: Bearer} (RFC 6750, section 3).
 *
 * @param status 401 or 403
 * @param parameters by their names in lower case; empty if there are none
 */
record Challenge(int status, Map<String, String> parameters) {

    private static final Pattern PARAMETER = Pattern
            .compile("([A-Za-z0-9_-]{1,40})\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.){0,4000}+)\"|([^\\s,\"]{1,4000}+))");

    Challenge {
        parameters = Map.copyOf(parameters);
    }

    /**
     * Reads the headers of an answer.
     *
     * @param headers the values of {@code WWW-Authenticate}
     */
    static Challenge read(int status, List<String> headers) {
        for (String header : headers) {
            if (header.regionMatches(true, 0, "Bearer", 0, 6)) {
                Map<String, String> parameters = new HashMap<>();
                Matcher matcher = PARAMETER.matcher(header.substring(6));
                while (matcher.find()) {
                    String quoted = matcher.group(2);
                    parameters.putIfAbsent(matcher.group(1).toLowerCase(Locale.ROOT),
                            quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
                }
                return new Challenge(status, parameters);
            }
        }
        return new Challenge(status, Map.of());
    }

    /** The scopes that are asked for; empty if none are named. */
    String scope() {
        return parameters.getOrDefault("scope", "").strip();
    }

    /** The address of the server's metadata; empty if it is not named. */
    String metadata() {
        return parameters.getOrDefault("resource_metadata", "");
    }

    /** Whether a token may help: none was there, it is not valid any more, or it may do too little. */
    boolean curable() {
        return status == 401 || (status == 403 && parameters.getOrDefault("error", "").equals("insufficient_scope"));
    }
}
