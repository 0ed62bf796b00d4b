/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.Millrace;
import dev.millrace.plugin.http.Gate;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.openai.talk.Models;
import java.util.List;
import java.util.Optional;

/** What extensions see of a server. */
record Hosted(Millrace millrace, Models served, Gate gate) implements ServerHost {

    @Override
    public List<OpenModel> models() {
        return served.open();
    }

    @Override
    public OpenModel model(Optional<String> name) {
        return served.get(name);
    }

    @Override
    public boolean isReady() {
        return served.ready();
    }

    @Override
    public Optional<String> failure() {
        return served.failure();
    }
}
